//! What is not broken: nobody complains.

use crate::fixture::{Spoil, check, nothing};

/// With a token that it takes, without, and when everything is looked at.
#[tokio::test]
async fn of_a_good_server_nothing_is_said() {
    nothing(&check(|_| Spoil::default()).await);
    nothing(&check(|_| Spoil::default().without_token()).await);
    nothing(&check(|_| Spoil::default().thorough()).await);
}
