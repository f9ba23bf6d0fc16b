//! The interfaces, and servants that answer what they were given.

/// Two versions of an interface `Desk`, in modules `old` and `new`.
macro_rules! versions {
    ($($name:ident $old:literal $new:literal;)+) => { $(
        pub(crate) mod $name {
            pub(crate) mod old {
                quorb::include_idl!($old);
            }
            pub(crate) mod new {
                quorb::include_idl!($new);
            }
        }
    )+ };
}

versions! {
    case_added "tests/evolution/idl/case_added_old.idl" "tests/evolution/idl/case_added_new.idl";
    enumerator_added "tests/evolution/idl/enumerator_added_old.idl" "tests/evolution/idl/enumerator_added_new.idl";
    exception_added "tests/evolution/idl/exception_added_old.idl" "tests/evolution/idl/exception_added_new.idl";
    indexed_member_renamed "tests/evolution/idl/indexed_member_renamed_old.idl" "tests/evolution/idl/indexed_member_renamed_new.idl";
    member_renamed "tests/evolution/idl/member_renamed_old.idl" "tests/evolution/idl/member_renamed_new.idl";
    member_retyped "tests/evolution/idl/member_retyped_old.idl" "tests/evolution/idl/member_retyped_new.idl";
    member_widened "tests/evolution/idl/member_widened_old.idl" "tests/evolution/idl/member_widened_new.idl";
    members_reordered "tests/evolution/idl/members_reordered_old.idl" "tests/evolution/idl/members_reordered_new.idl";
    operation_added "tests/evolution/idl/operation_added_old.idl" "tests/evolution/idl/operation_added_new.idl";
    optional_member_added "tests/evolution/idl/optional_member_added_old.idl" "tests/evolution/idl/optional_member_added_new.idl";
    optional_parameter_added "tests/evolution/idl/optional_parameter_added_old.idl" "tests/evolution/idl/optional_parameter_added_new.idl";
    required_member_added "tests/evolution/idl/required_member_added_old.idl" "tests/evolution/idl/required_member_added_new.idl";
    required_parameter_added "tests/evolution/idl/required_parameter_added_old.idl" "tests/evolution/idl/required_parameter_added_new.idl";
    result_added "tests/evolution/idl/result_added_old.idl" "tests/evolution/idl/result_added_new.idl";
}

/// A servant of any version.
pub(crate) struct Clerk;

impl operation_added::old::Desk for Clerk {
    fn f(&self, v: i32) -> i32 {
        v
    }
}

impl operation_added::new::Desk for Clerk {
    fn f(&self, v: i32) -> i32 {
        v
    }
    fn g(&self, v: i32) -> i32 {
        v
    }
}

impl optional_member_added::old::Desk for Clerk {
    fn f(&self, v: &optional_member_added::old::Note) -> optional_member_added::old::Note {
        v.clone()
    }
}

impl optional_member_added::new::Desk for Clerk {
    fn f(&self, v: &optional_member_added::new::Note) -> optional_member_added::new::Note {
        v.clone()
    }
}

impl required_member_added::old::Desk for Clerk {
    fn f(&self, v: &required_member_added::old::Note) -> required_member_added::old::Note {
        v.clone()
    }
}

impl required_member_added::new::Desk for Clerk {
    fn f(&self, v: &required_member_added::new::Note) -> required_member_added::new::Note {
        v.clone()
    }
}

impl member_renamed::old::Desk for Clerk {
    fn f(&self, v: &member_renamed::old::Note) -> member_renamed::old::Note {
        v.clone()
    }
}

impl member_renamed::new::Desk for Clerk {
    fn f(&self, v: &member_renamed::new::Note) -> member_renamed::new::Note {
        v.clone()
    }
}

impl indexed_member_renamed::old::Desk for Clerk {
    fn f(&self, v: &indexed_member_renamed::old::Note) -> indexed_member_renamed::old::Note {
        v.clone()
    }
}

impl indexed_member_renamed::new::Desk for Clerk {
    fn f(&self, v: &indexed_member_renamed::new::Note) -> indexed_member_renamed::new::Note {
        v.clone()
    }
}

impl members_reordered::old::Desk for Clerk {
    fn f(&self, v: &members_reordered::old::Note) -> members_reordered::old::Note {
        v.clone()
    }
}

impl members_reordered::new::Desk for Clerk {
    fn f(&self, v: &members_reordered::new::Note) -> members_reordered::new::Note {
        v.clone()
    }
}

impl member_widened::old::Desk for Clerk {
    fn f(&self, v: &member_widened::old::Note) -> member_widened::old::Note {
        v.clone()
    }
}

impl member_widened::new::Desk for Clerk {
    fn f(&self, v: &member_widened::new::Note) -> member_widened::new::Note {
        v.clone()
    }
}

impl member_retyped::old::Desk for Clerk {
    fn f(&self, v: &member_retyped::old::Note) -> member_retyped::old::Note {
        v.clone()
    }
}

impl member_retyped::new::Desk for Clerk {
    fn f(&self, v: &member_retyped::new::Note) -> member_retyped::new::Note {
        v.clone()
    }
}

impl optional_parameter_added::old::Desk for Clerk {
    fn f(&self, v: i32) -> i32 {
        v
    }
}

impl optional_parameter_added::new::Desk for Clerk {
    fn f(&self, v: i32, by: i32) -> i32 {
        v + by
    }
}

impl required_parameter_added::old::Desk for Clerk {
    fn f(&self, v: i32) -> i32 {
        v
    }
}

impl required_parameter_added::new::Desk for Clerk {
    fn f(&self, v: i32, by: i32) -> i32 {
        v + by
    }
}

impl result_added::old::Desk for Clerk {
    fn f(&self, v: i32) -> i32 {
        v
    }
}

impl result_added::new::Desk for Clerk {
    fn f(&self, v: i32) -> (i32, i32) {
        (v, v)
    }
}

impl enumerator_added::old::Desk for Clerk {
    fn f(&self, v: enumerator_added::old::Colour) -> enumerator_added::old::Colour {
        v
    }
}

impl enumerator_added::new::Desk for Clerk {
    fn f(&self, v: enumerator_added::new::Colour) -> enumerator_added::new::Colour {
        v
    }
}

impl case_added::old::Desk for Clerk {
    fn f(&self, v: &case_added::old::Answer) -> case_added::old::Answer {
        v.clone()
    }
}

impl case_added::new::Desk for Clerk {
    fn f(&self, v: &case_added::new::Answer) -> case_added::new::Answer {
        v.clone()
    }
}

impl exception_added::old::Desk for Clerk {
    fn f(&self, v: i32) -> Result<i32, exception_added::old::Shut> {
        if v == 0 { Err(exception_added::old::Shut) } else { Ok(v) }
    }
}

impl exception_added::new::Desk for Clerk {
    fn f(&self, v: i32) -> Result<i32, exception_added::new::desk::FError> {
        match v {
            0 => Err(exception_added::new::Shut)?,
            1 => Err(exception_added::new::Full { most: 1 })?,
            _ => Ok(v),
        }
    }
}
