//! Values and calls whose types are known only at run time.

mod calls;
mod fuzz;
mod gateway;
mod repository;
mod types;
mod values;
