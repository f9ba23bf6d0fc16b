//! Changes of types.

use quorb::Preference;

use crate::changes::{
    Clerk, case_added, enumerator_added, indexed_member_renamed, member_renamed, member_retyped,
    member_widened, members_reordered, optional_member_added, required_member_added,
};
use crate::rig::{BOTH, across, assert_refused};

use Preference::{IiopOnly, NativeOnly};

#[tokio::test]
async fn an_optional_member_is_added() {
    use optional_member_added::{new, old};
    let text = "text".to_owned();
    let short = old::Note { text: text.clone() };
    let long = new::Note { text: text.clone(), rank: Some(7), tags: vec!["tag".to_owned()] };
    let answer =
        across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| desk.f(&short).await);
    assert_eq!(answer.await.unwrap(), short);
    // What the old servant did not know it does not give back.
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&long).await);
    assert_eq!(answer.await.unwrap(), new::Note { text, rank: None, tags: Vec::new() });
    let answer =
        across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| desk.f(&short).await);
    assert_refused(answer.await, "MARSHAL", "");
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&long).await);
    assert_refused(answer.await, "MARSHAL", "");
}

#[tokio::test]
async fn a_required_member_is_added() {
    use required_member_added::{new, old};
    let short = old::Note { text: "text".to_owned() };
    let long = new::Note { text: "text".to_owned(), rank: 7 };
    let answer =
        across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| desk.f(&short).await);
    assert_refused(answer.await, "MARSHAL", "rank");
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&long).await);
    assert_refused(answer.await, "MARSHAL", "rank");
    let answer =
        across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| desk.f(&short).await);
    assert_refused(answer.await, "MARSHAL", "");
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&long).await);
    assert_refused(answer.await, "MARSHAL", "");
}

#[tokio::test]
async fn a_member_is_renamed() {
    use member_renamed::{new, old};
    let (one, other) = (old::Note { text: "text".to_owned() }, new::Note { words: "text".to_owned() });
    let answer =
        across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_refused(answer.await, "MARSHAL", "words");
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_refused(answer.await, "MARSHAL", "text");
    // Positions have no names.
    let answer =
        across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_eq!(answer.await.unwrap(), one);
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_eq!(answer.await.unwrap(), other);
}

#[tokio::test]
async fn a_member_with_an_index_is_renamed() {
    use indexed_member_renamed::{new, old};
    let (one, other) = (old::Note { text: "text".to_owned() }, new::Note { words: "text".to_owned() });
    for preference in BOTH {
        let answer =
            across(new::DeskServant::new(Clerk), preference, async |desk: old::DeskProxy| desk.f(&one).await);
        assert_eq!(answer.await.unwrap(), one);
        let answer = across(old::DeskServant::new(Clerk), preference, async |desk: new::DeskProxy| {
            desk.f(&other).await
        });
        assert_eq!(answer.await.unwrap(), other);
    }
}

#[tokio::test]
async fn members_change_places() {
    use members_reordered::{new, old};
    let one = old::Note { text: "text".to_owned(), rank: 0.5 };
    let other = new::Note { text: "text".to_owned(), rank: 0.5 };
    let answer =
        across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_eq!(answer.await.unwrap(), one);
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_eq!(answer.await.unwrap(), other);
    let answer =
        across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_refused(answer.await, "MARSHAL", "");
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_refused(answer.await, "MARSHAL", "");
}

#[tokio::test]
async fn a_number_is_widened() {
    use member_widened::{new, old};
    let answer = across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| {
        desk.f(&old::Note { rank: -7 }).await
    });
    assert_eq!(answer.await.unwrap(), old::Note { rank: -7 });
    let answer = across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| {
        desk.f(&new::Note { rank: 7 }).await
    });
    assert_eq!(answer.await.unwrap(), new::Note { rank: 7 });
    let large = new::Note { rank: 70_000 };
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&large).await);
    assert_refused(answer.await, "MARSHAL", "`v`");
    let answer = across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| {
        desk.f(&old::Note { rank: 7 }).await
    });
    assert_refused(answer.await, "MARSHAL", "");
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&large).await);
    assert_refused(answer.await, "MARSHAL", "");
}

#[tokio::test]
async fn a_member_gets_another_type() {
    use member_retyped::{new, old};
    let (one, other) = (old::Note { rank: 70_000 }, new::Note { rank: "first".to_owned() });
    let answer =
        across(new::DeskServant::new(Clerk), NativeOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_refused(answer.await, "MARSHAL", "`v`");
    let answer =
        across(old::DeskServant::new(Clerk), NativeOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_refused(answer.await, "MARSHAL", "`v`");
    let answer =
        across(new::DeskServant::new(Clerk), IiopOnly, async |desk: old::DeskProxy| desk.f(&one).await);
    assert_refused(answer.await, "MARSHAL", "");
    let answer =
        across(old::DeskServant::new(Clerk), IiopOnly, async |desk: new::DeskProxy| desk.f(&other).await);
    assert_refused(answer.await, "MARSHAL", "");
}

#[tokio::test]
async fn an_enumerator_is_added() {
    use enumerator_added::{new, old};
    for preference in BOTH {
        let call = async |desk: old::DeskProxy| desk.f(old::Colour::Green).await;
        let answer = across(new::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(answer.unwrap(), old::Colour::Green);
        let call =
            async |desk: new::DeskProxy| (desk.f(new::Colour::Green).await, desk.f(new::Colour::Blue).await);
        let (known, unknown) = across(old::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(known.unwrap(), new::Colour::Green);
        assert_refused(unknown, "MARSHAL", if preference == NativeOnly { "BLUE" } else { "Colour" });
    }
}

#[tokio::test]
async fn a_case_is_added() {
    use case_added::{new, old};
    for preference in BOTH {
        let text = old::Answer::Text("text".to_owned());
        let call = async |desk: old::DeskProxy| desk.f(&text).await;
        let answer = across(new::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(answer.unwrap(), text);
        let call = async |desk: new::DeskProxy| {
            (desk.f(&new::Answer::Text("text".to_owned())).await, desk.f(&new::Answer::Number(0.5)).await)
        };
        let (known, unknown) = across(old::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(known.unwrap(), new::Answer::Text("text".to_owned()));
        // The old union holds the label, and nothing for it.
        assert_refused(unknown, "MARSHAL", "");
    }
}
