//! Whether a call beside a connection could overtake one on it.

use crate::proto::head::CallId;

/// The last call that nobody answers, as long as nothing proves that it has arrived.
///
/// What one thread sends on one connection arrives in that order. A call that takes another way keeps to it only if all that
/// was sent here has arrived; the answer to a later call proves that.
#[derive(Debug, Default)]
pub(super) struct Order {
    told: Option<CallId>,
}

impl Order {
    /// A call was sent that nobody answers.
    pub(super) fn told(&mut self, id: CallId) {
        self.told = Some(id);
    }

    /// The answer to a call has come.
    pub(super) fn answered(&mut self, id: CallId) {
        if self.told.is_some_and(|told| told < id) {
            self.told = None;
        }
    }

    /// Whether all calls without an answer have arrived.
    pub(super) fn is_settled(&self) -> bool {
        self.told.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_answer_proves_that_a_call_has_arrived() {
        let mut order = Order::default();
        order.answered(CallId(1));
        assert!(order.is_settled());
        order.told(CallId(3));
        order.answered(CallId(1));
        assert!(!order.is_settled(), "the answer is to an earlier call");
        order.told(CallId(5));
        order.answered(CallId(4));
        assert!(!order.is_settled());
        order.answered(CallId(6));
        assert!(order.is_settled());
    }
}
