//! Keys for trying a project out: each client gets one more, for `dev` and `test`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Client, KeyDigest, Plan};

impl Plan {
    /// Gives each client one more key, `dev-` and its name, and returns them by client. Only for a gateway that
    /// nobody else can reach: these keys are no secrets.
    pub fn add_stand_in_keys(&mut self) -> BTreeMap<Arc<str>, String> {
        let mut keys = BTreeMap::new();
        for client in &mut self.clients {
            let key = format!("dev-{}", client.name);
            let mut with_key = Client::clone(client);
            with_key.keys.push(KeyDigest::of(key.as_bytes()));
            keys.insert(Arc::clone(&client.name), key);
            *client = Arc::new(with_key);
        }
        keys
    }
}
