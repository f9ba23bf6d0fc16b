//! The servant of `Torture::Bottom`.

use super::{Base, Bottom, Left, Right};

/// The bottom of a diamond.
#[derive(Debug)]
pub struct Bedrock {
    title: String,
    depth: i32,
}

impl Bedrock {
    /// A servant with this title and depth 0.
    pub fn new(title: impl Into<String>) -> Bedrock {
        Bedrock { title: title.into(), depth: 0 }
    }
}

impl Base for Bedrock {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn base_twice(&self, value: i32) -> i32 {
        value.wrapping_mul(2)
    }
}

impl Left for Bedrock {
    fn left_next(&self, value: i32) -> i32 {
        value.wrapping_add(1)
    }
}

impl Right for Bedrock {
    fn right_previous(&self, value: i32) -> i32 {
        value.wrapping_sub(1)
    }
}

impl Bottom for Bedrock {
    fn depth(&self) -> i32 {
        self.depth
    }

    fn set_depth(&mut self, value: i32) {
        self.depth = value;
    }

    fn bottom_negative(&self, value: i32) -> i32 {
        value.wrapping_neg()
    }
}
