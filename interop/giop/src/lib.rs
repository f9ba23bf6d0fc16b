//! CDR, GIOP 1.0 to 1.2, object references and `corbaloc:` addresses, without I/O.
