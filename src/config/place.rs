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
    /// Part of the language, not of this version.
    NotBuilt {
        feature: &'static str,
        meanwhile: &'static str,
    },
    /// Looks like ours, but nothing reads it; what was meant.
    Unknown {
        meant: String,
    },
}

/// A folder of a project, its files' endings, and whether folders inside it are read too.
struct Folder {
    name: &'static str,
    endings: &'static [&'static str],
}

const YAML: &[&str] = &["yaml", "yml"];

/// Sorted by name.
static FOLDERS: &[Folder] = &[
    Folder { name: "events", endings: YAML },
    Folder { name: "flows", endings: YAML },
    Folder { name: "mappings", endings: &["mapping"] },
    Folder { name: "routes", endings: YAML },
    Folder { name: "specs", endings: &["json"] },
    Folder { name: "stubs", endings: YAML },
    Folder { name: "systems", endings: YAML },
    Folder { name: "tables", endings: &["csv"] },
    Folder { name: "tests", endings: YAML },
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
    if !YAML.contains(&ending) {
        return None;
    }
    match stem {
        "gateway" => Some(Place::Yaml(Kind::Gateway)),
        "exceptions" => Some(Place::Yaml(Kind::Exceptions)),
        _ => {
            let meant = nearest(stem, FILES.iter().copied())?;
            Some(Place::Unknown { meant: format!("{meant}.yaml") })
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
        let slip = ["yaml", "yml", "mapping", "json", "csv"].contains(&ending);
        let meant = format!("{folder}/{stem}.{}", known.endings[0]);
        return slip.then_some(Place::Unknown { meant });
    }
    Some(match folder {
        "flows" => Place::Yaml(Kind::Flow),
        "mappings" => Place::Mapping(path.into()),
        "routes" => Place::Yaml(Kind::Route),
        "specs" => Place::Schema(stem.into()),
        "stubs" => Place::Yaml(Kind::Stub),
        "systems" => Place::Yaml(Kind::System),
        "tables" => Place::Table(stem.into()),
        "tests" => Place::Yaml(Kind::Test),
        "events" => Place::NotBuilt {
            feature: "published events",
            meanwhile: "leave the folder out; flows can call what a subscriber would have called",
        },
        _ => return None,
    })
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
        assert!(matches!(place("events/a.yaml"), Some(Place::NotBuilt { .. })));
    }

    #[test]
    fn slips_are_named_and_the_rest_left_alone() {
        assert_eq!(place("flow/a.yaml"), Some(Place::Unknown { meant: "flows/a.yaml".into() }));
        assert_eq!(place("gatway.yaml"), Some(Place::Unknown { meant: "gateway.yaml".into() }));
        assert_eq!(place("tables/a.yaml"), Some(Place::Unknown { meant: "tables/a.csv".into() }));
        for path in
            ["README.md", "docker-compose.yaml", ".git/config", "flows/.a.yaml.swp", "flows/a.yaml~", "x/y"]
        {
            assert_eq!(place(path), None, "{path}");
        }
        assert!(FOLDERS.is_sorted_by_key(|folder| folder.name));
    }
}
