//! What a file of a project is, by its path.

use std::sync::Arc;

use super::kind::Kind;
use crate::diagnostic::nearest;

/// What a path says about its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Yaml(Kind),
    /// By its path, as `mappings/x.mapping`.
    Mapping(Arc<str>),
    /// By its name, as `erp/sales-order@1`.
    Schema(Arc<str>),
    /// By its name, as `carriers`.
    Table(Arc<str>),
    /// A YAML file in the project's own folder: ours only when its first key says so.
    Stray,
    /// Looks like ours, but nothing reads it; what was meant.
    Unknown {
        meant: String,
    },
}

/// A folder of a project, its files' endings, and whether folders inside it are read too.
struct Folder {
    name: &'static str,
    endings: &'static [&'static str],
    /// Other endings that a file of this folder is given by mistake.
    slips: &'static [&'static str],
}

/// Endings of files of some folder: in another one they are a slip.
const SLIPS: [&str; 6] = ["csv", "json", "jsn", "mapping", "yaml", "yml"];

const YAML: &[&str] = &["yaml", "yml"];

/// Sorted by name.
static FOLDERS: &[Folder] = &[
    Folder { name: "events", endings: YAML, slips: &[] },
    Folder { name: "flows", endings: YAML, slips: &[] },
    Folder { name: "mappings", endings: &["mapping"], slips: &["map", "txt"] },
    Folder { name: "routes", endings: YAML, slips: &[] },
    Folder { name: "specs", endings: &["json"], slips: &["schema"] },
    Folder { name: "stubs", endings: YAML, slips: &[] },
    Folder { name: "systems", endings: YAML, slips: &[] },
    Folder { name: "tables", endings: &["csv"], slips: &["ods", "tsv", "txt", "xls", "xlsx"] },
    Folder { name: "tests", endings: YAML, slips: &[] },
];

/// Files that stand in the project's own folder, without their ending.
static FILES: &[&str] = &["exceptions", "gateway"];

/// What the file at a path (relative to the project, `/` between names) is; `None` for a file that
/// is none of ours, such as a README.
pub fn place(path: &str) -> Option<Place> {
    if path.split('/').any(is_ignored) {
        return None;
    }
    match path.split_once('/') {
        None => top(path),
        Some((folder, rest)) => inside(folder, rest, path),
    }
}

/// Hidden files, editors' leavings.
pub fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.starts_with('#') || name.ends_with(".swp")
}

fn top(path: &str) -> Option<Place> {
    let (stem, ending) = path.rsplit_once('.')?;
    if ending == "mapping" {
        return Some(Place::Unknown { meant: format!("mappings/{path}") });
    }
    if !YAML.contains(&ending) {
        return None;
    }
    match stem {
        "gateway" => Some(Place::Yaml(Kind::Gateway)),
        "exceptions" => Some(Place::Yaml(Kind::Exceptions)),
        _ => {
            let meant = nearest(stem, FILES.iter().copied());
            Some(meant.map_or(Place::Stray, |meant| Place::Unknown { meant: format!("{meant}.yaml") }))
        }
    }
}

fn inside(folder: &str, rest: &str, path: &str) -> Option<Place> {
    let Some(known) = FOLDERS.iter().find(|known| known.name == folder) else {
        let meant = nearest(folder, FOLDERS.iter().map(|known| known.name))?;
        return Some(Place::Unknown { meant: format!("{meant}/{rest}") });
    };
    let (stem, ending) = rest.rsplit_once('.')?;
    if !known.endings.contains(&ending) {
        // JSON beside schemas, notes beside flows: only what looks like a slip is worth a word.
        let inner = stem.rsplit_once('.').map(|(_, inner)| inner);
        let kept =
            (ending == "txt" && inner.is_some_and(|inner| known.endings.contains(&inner))).then_some(stem);
        let slip = SLIPS.contains(&ending) || kept.is_some() || known.slips.contains(&ending);
        let meant = kept.map_or_else(|| format!("{stem}.{}", known.endings[0]), str::to_owned);
        return slip.then(|| Place::Unknown { meant: format!("{folder}/{meant}") });
    }
    Some(match folder {
        "events" => Place::Yaml(Kind::Events),
        "flows" => Place::Yaml(Kind::Flow),
        "mappings" => Place::Mapping(path.into()),
        "routes" => Place::Yaml(Kind::Route),
        "specs" => Place::Schema(stem.into()),
        "stubs" => Place::Yaml(Kind::Stub),
        "systems" => Place::Yaml(Kind::System),
        "tables" => Place::Table(stem.into()),
        "tests" => Place::Yaml(Kind::Test),
        _ => return None,
    })
}

/// Whether a file that was read turns out to be none of ours.
pub fn is_foreign(path: &str, bytes: &[u8]) -> bool {
    let ours = |text: &str| meant(path, text).is_some();
    place(path) == Some(Place::Stray) && !std::str::from_utf8(bytes).is_ok_and(ours)
}

/// What a YAML file in the project's own folder is meant to be, by its first key; `None` when it is none of
/// ours.
pub fn meant(path: &str, text: &str) -> Option<String> {
    const KEYS: [(&str, &str); 6] = [
        ("api", "routes"),
        ("events", "events"),
        ("flow", "flows"),
        ("stub", "stubs"),
        ("system", "systems"),
        ("tests", "tests"),
    ];
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '-']));
    let (key, _) = lines.next()?.split_once(':')?;
    match key {
        "edition" | "gateway" => Some("gateway.yaml".to_owned()),
        "exceptions" | "rejections" => Some("exceptions.yaml".to_owned()),
        _ => KEYS.iter().find(|(own, _)| *own == key).map(|(_, folder)| format!("{folder}/{path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_its_kind() {
        assert_eq!(place("gateway.yml"), Some(Place::Yaml(Kind::Gateway)));
        assert_eq!(place("flows/a/b.yaml"), Some(Place::Yaml(Kind::Flow)));
        assert_eq!(place("specs/erp/order@1.json"), Some(Place::Schema("erp/order@1".into())));
        assert_eq!(place("tables/uom.csv"), Some(Place::Table("uom".into())));
        assert_eq!(place("mappings/a.mapping"), Some(Place::Mapping("mappings/a.mapping".into())));
        assert_eq!(place("events/a.yaml"), Some(Place::Yaml(Kind::Events)));
    }

    #[test]
    fn slips_are_named_and_the_rest_left_alone() {
        assert_eq!(place("flow/a.yaml"), Some(Place::Unknown { meant: "flows/a.yaml".into() }));
        assert_eq!(place("gatway.yaml"), Some(Place::Unknown { meant: "gateway.yaml".into() }));
        assert_eq!(place("tables/a.yaml"), Some(Place::Unknown { meant: "tables/a.csv".into() }));
        for path in
            ["README.md", ".git/config", "flows/.a.yaml.swp", "flows/a.yaml~", "x/y", "flows/notes.txt"]
        {
            assert_eq!(place(path), None, "{path}");
        }
        assert_eq!(place("docker-compose.yaml"), Some(Place::Stray));
        assert_eq!(place("flows/a.yaml.txt"), Some(Place::Unknown { meant: "flows/a.yaml".into() }));
        assert_eq!(place("tables/a.tsv"), Some(Place::Unknown { meant: "tables/a.csv".into() }));
        assert_eq!(place("a.mapping"), Some(Place::Unknown { meant: "mappings/a.mapping".into() }));
        assert!(FOLDERS.is_sorted_by_key(|folder| folder.name));
    }
}
