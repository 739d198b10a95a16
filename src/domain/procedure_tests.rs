//! The procedure: what the table allows happens, and nothing else.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::score::{Score, Stars};

fn outcome() -> Outcome {
    Outcome {
        average: Score::parse("82.33").expect("a score"),
        band: Stars::try_from_u8(4).expect("stars"),
        stars: Stars::try_from_u8(4),
        failed: Vec::new(),
    }
}

fn stages() -> Vec<Stage> {
    let session = Uuid::from_u128(1).into();
    let returned = |by| Stage::Returned { by, items: Vec::new() };
    vec![
        Stage::Draft,
        Stage::Submitted,
        returned(Duty::Commune),
        returned(Duty::Province),
        Stage::Forwarded,
        Stage::Accepted,
        Stage::UnderEvaluation { session },
        Stage::Rated { session, outcome: outcome() },
        Stage::ProposedNational { session, outcome: outcome() },
        Stage::Recognised { rating: Uuid::from_u128(2).into() },
        Stage::NotRecognised { reason: "x".into() },
        Stage::Withdrawn,
    ]
}

fn steps() -> Vec<(DossierStep, Duty, Step)> {
    let changes = |by| Step::RequestChanges { by, items: Vec::new() };
    vec![
        (T::Submit, Duty::Producer, Step::Submit),
        (T::Respond, Duty::Producer, Step::Respond),
        (T::Withdraw, Duty::Producer, Step::Withdraw),
        (T::RequestChanges, Duty::Commune, changes(Duty::Commune)),
        (T::RequestChanges, Duty::Province, changes(Duty::Province)),
        (T::Endorse, Duty::Commune, Step::Endorse),
        (T::Accept, Duty::Province, Step::Accept),
        (T::Assign, Duty::Province, Step::Assign(Uuid::from_u128(1).into())),
        (T::Unassign, Duty::Province, Step::Unassign),
        (T::Rate, Duty::Council, Step::Rate(outcome())),
        (T::ProposeNational, Duty::Province, Step::ProposeNational),
        (T::Recognise, Duty::Province, Step::Recognise(Uuid::from_u128(2).into())),
        (T::Reject, Duty::Province, Step::Reject("x".into())),
    ]
}

#[test]
fn the_table_and_the_transitions_agree() {
    let mut reached = Vec::new();
    for stage in stages() {
        for (step, by, data) in steps() {
            let allowed: Vec<_> = TRANSITIONS.iter().filter(|t| t.from == stage.state() && t.step == step && t.by == by).collect();
            match stage.clone().after(data) {
                Ok(next) => {
                    assert!(allowed.iter().any(|t| t.to == next.state()), "{:?} {step:?} leads to {:?}", stage.state(), next.state());
                    reached.push((stage.state(), step, next.state()));
                }
                Err(WrongState(state)) => assert!(allowed.is_empty() && state == stage.state(), "{state:?} {step:?}"),
            }
        }
    }
    for t in TRANSITIONS {
        assert!(reached.contains(&(t.from, t.step, t.to)), "{t:?} never happens");
    }
}

#[test]
fn final_states_have_no_holder() {
    for state in DossierState::ALL {
        assert_eq!(state.is_final(), state.holder().is_none(), "{state:?}");
        assert_eq!(state.is_final(), state.steps().is_empty(), "{state:?}");
    }
}

#[test]
fn one_person_acts_in_one_duty() {
    for held in Duty::ALL {
        for wanted in Duty::ALL {
            let other = (held != wanted).then_some(Conflict::OtherDuty(*held));
            let member = *wanted == Duty::Producer;
            assert_eq!(conflict(member, &[*held], *wanted), other);
            let wrong = if member { Conflict::Stranger } else { Conflict::OwnProduct };
            assert_eq!(conflict(!member, &[], *wanted), Some(wrong));
        }
    }
    assert_eq!(conflict(false, &[], Duty::Council), None);
}

#[test]
fn stages_survive_their_storage() {
    for stage in stages() {
        let text = serde_json::to_string(&stage).expect("writes");
        assert_eq!(serde_json::from_str::<Stage>(&text).expect("reads"), stage, "{text}");
    }
}

proptest! {
    /// Whatever is tried in whatever order: a dossier is recognised only after a commune's forwarding, a council and a decision.
    #[test]
    fn no_sequence_reaches_recognition_without_its_way(tries in prop::collection::vec(0usize..13, 1..60)) {
        let (mut stage, mut way) = (Stage::Draft, vec![S::Draft]);
        for index in tries {
            let (_, _, step) = steps().swap_remove(index);
            if let Ok(next) = stage.clone().after(step) {
                stage = next;
                way.push(stage.state());
            }
        }
        if way.contains(&S::Recognised) {
            for needed in [S::Submitted, S::Forwarded, S::Accepted, S::UnderEvaluation, S::Rated] {
                prop_assert!(way.contains(&needed), "{way:?}");
            }
        }
        let finals = way.iter().filter(|s| s.is_final()).count();
        prop_assert!(finals == 0 || (finals == 1 && stage.state().is_final()), "{way:?}");
    }
}
