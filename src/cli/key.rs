//! `crossdock key`: a new API key and the digest that a project keeps of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::output;
use crate::auth::inbound::hash_password;

/// Make a new key for a client or an operator
///
/// Prints the key once, for its owner, and its digest, for `gateway.yaml`. The key itself is stored
/// nowhere. With --of, prints the digest of a key that exists: it is read from standard input. With --password,
/// prints the hash of a password, likewise.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  crossdock key

and in gateway.yaml:
  clients:
    acme_portal:
      account: ACME
      scopes: [\"bookings:write\"]
      keys: [\"sha256:…\"]

Several keys may live at once: add the new one, tell the client, remove the old one.")]
pub(super) struct Options {
    /// Read a key from standard input and print its digest only
    #[arg(long)]
    of: bool,

    /// Read a password from standard input and print its hash, for a client's `passwords`
    #[arg(long, conflicts_with = "of")]
    password: bool,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    if options.of || options.password {
        return of_input(options.password);
    }
    let key = match fresh() {
        Ok(key) => key,
        Err(error) => return output::could_not(format!("the machine gives no randomness: {error}")),
    };
    output::say(&format!("key     {}\ndigest  {}\n", key.as_str(), digest(&key)));
    output::CLEAN
}

fn of_input(password: bool) -> u8 {
    let mut line = Zeroizing::new(String::new());
    if let Err(error) = std::io::stdin().read_line(&mut line) {
        return output::could_not(format!("standard input cannot be read: {error}"));
    }
    let key = line.trim_end_matches(['\r', '\n']);
    if key.is_empty() {
        let what = if password { "password" } else { "key" };
        return output::could_not(format!("there is no {what} on standard input"));
    }
    if password {
        return hash(key);
    }
    output::say(&format!("{}\n", digest(key)));
    output::CLEAN
}

fn hash(password: &str) -> u8 {
    use rand::TryRngCore;
    let mut salt = [0; 16];
    if let Err(error) = rand::rngs::OsRng.try_fill_bytes(&mut salt) {
        return output::could_not(format!("the machine gives no randomness: {error}"));
    }
    match hash_password(password, salt) {
        Ok(hash) => {
            output::say(&format!("{hash}\n"));
            output::CLEAN
        }
        Err(why) => output::could_not(why),
    }
}

/// A key of 32 random bytes. The prefix lets secret scanners know it for what it is.
pub(super) fn fresh() -> Result<Zeroizing<String>, rand::rand_core::OsError> {
    use rand::TryRngCore;
    let mut bytes = Zeroizing::new([0u8; 32]);
    rand::rngs::OsRng.try_fill_bytes(bytes.as_mut_slice())?;
    Ok(Zeroizing::new(format!("cdk_{}", URL_SAFE_NO_PAD.encode(bytes.as_slice()))))
}

/// The digest of a key as `gateway.yaml` has it.
pub(super) fn digest(key: &str) -> String {
    let hex: String = Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_what_a_project_reads() {
        // FIPS 180-4, the example for "abc".
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc"), abc);
        assert!(crate::plan::digest_of(&digest(&fresh().expect("this machine has randomness"))).is_some());
    }

    #[test]
    fn no_key_comes_twice() {
        let fresh = || fresh().expect("this machine has randomness");
        assert_ne!(*fresh(), *fresh());
        assert!(fresh().len() > 40);
    }
}
