//! Tests of synchronized passkeys (flags BE and BS), in the states that real authenticators report, in every order.

use super::{
    authenticator::{BE, BS},
    *,
};

/// Hardware keys; passkeys of a platform before their first synchronization; passkeys after it.
const STATES: [u8; 3] = [0, BE, BE | BS];

fn in_state(number: u8, state: u8) -> Authenticator {
    let mut a = device(number);
    a.flags = UP | UV | state;
    a
}

/// Returns whether a credential can change from the first to the second state. A credential that can be backed up stays
/// so.
fn is_real(before: u8, after: u8) -> bool {
    before & BE == 0 || after & BE != 0
}

#[test]
fn every_order_of_states_that_authenticators_report_is_accepted() {
    let c = ceremonies();
    for first in STATES {
        for second in STATES {
            for third in STATES {
                let mut a = in_state(1, first);
                let mut own = vec![register(&c, &mut a, ALICE, true).unwrap()];
                let mut before = first;
                for after in [second, third] {
                    a.flags = UP | UV | after;
                    let (login, factor) = (log_in(&c, &mut a, &own), use_key(&c, &mut a, ALICE, &own));
                    if is_real(before, after) {
                        login.unwrap();
                        own = vec![factor.unwrap()];
                        before = after;
                    } else {
                        let order = format!("{first:#x} {second:#x} {third:#x}");
                        assert!(matches!(refusal(login), VerificationError::Other(_)), "{order}");
                        assert!(matches!(refusal(factor), VerificationError::Other(_)), "{order}");
                    }
                }
            }
        }
    }
}

/// macOS and iOS create the passkey before iCloud stores it.
#[test]
fn a_passkey_created_before_its_first_synchronization_logs_in_after_it() {
    let c = ceremonies();
    for first in [0, BE] {
        let mut a = in_state(1, first);
        let known = register(&c, &mut a, ALICE, true).unwrap();
        a.flags = UP | UV | BE | BS;
        let (options, state) = c.begin_discoverable().unwrap();
        let done = c.finish_discoverable(&state, &a.get_again(&options), &[known]).unwrap();
        assert!(done.changed, "the flags are stored, also without a counter");
        let (options, state) = c.begin_discoverable().unwrap();
        let again = c.finish_discoverable(&state, &a.get_again(&options), &[done.credential]).unwrap();
        assert!(!again.changed);
    }
}

/// WebAuthn Level 3, section 6.1.3, excludes this state.
#[test]
fn a_backup_of_a_credential_that_cannot_be_backed_up_is_refused() {
    let c = ceremonies();
    for first in STATES {
        let mut a = in_state(1, first);
        let own = [register(&c, &mut a, ALICE, true).unwrap()];
        a.flags = UP | UV | BS;
        assert!(matches!(refusal(log_in(&c, &mut a, &own)), VerificationError::Other(_)));
        assert!(matches!(refusal(use_key(&c, &mut a, ALICE, &own)), VerificationError::Other(_)));
        assert!(matches!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::Other(_)));
    }
}
