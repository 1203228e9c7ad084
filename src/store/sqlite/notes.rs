//! Cases, the audit trail, blobs and definitions in the database.

use rusqlite::params;

use super::bytes::{int, pairs};
use super::commit::{Head, Row, Session};
use super::rows;
use crate::store::{Definition, Transition, chain};

impl Session<'_> {
    /// Cases, marks and the audit trail.
    pub(super) fn note(&mut self, transition: &Transition) -> rusqlite::Result<()> {
        for (name, value) in &transition.marks {
            let sql =
                "INSERT INTO mark (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
            self.db.prepare_cached(sql)?.execute(params![name, int(*value)])?;
        }
        for case in &transition.cases {
            rows::put_case(self.db, case)?;
        }
        for record in &transition.audit {
            let link = chain::link(&self.head.digest, self.head.number + 1, record);
            rows::insert_link(self.db, &link)?;
            self.head = Head { number: link.number, digest: link.digest };
        }
        Ok(())
    }

    /// Blobs and definitions.
    pub(super) fn keep_bytes(&self, row: Option<&Row>, transition: &Transition) -> rusqlite::Result<()> {
        for (digest, bytes) in &transition.blobs {
            let account = row.map_or("", |row| &row.account);
            let sql = "INSERT INTO blob (digest, account, bytes) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (digest) DO NOTHING";
            self.db.prepare_cached(sql)?.execute(params![digest, account, bytes])?;
            match row {
                Some(row) => {
                    let sql = "INSERT OR IGNORE INTO blob_use (digest, n) VALUES (?1, ?2)";
                    self.db.prepare_cached(sql)?.execute(params![digest, row.n])?
                }
                None => {
                    let sql = "INSERT OR IGNORE INTO loose (digest) VALUES (?1)";
                    self.db.prepare_cached(sql)?.execute([digest])?
                }
            };
        }
        transition.definitions.iter().try_for_each(|definition| self.define(definition))
    }

    /// Said again, a definition is the newest of its flow again.
    fn define(&self, definition: &Definition) -> rusqlite::Result<()> {
        let Definition { digest, flow, files } = definition;
        let sql = "INSERT INTO definition (digest, flow, newest, files) \
                   VALUES (?1, ?2, (SELECT coalesce(max(newest), 0) + 1 FROM definition WHERE flow = ?2), ?3) \
                   ON CONFLICT (digest) DO NOTHING";
        if self.db.prepare_cached(sql)?.execute(params![digest, flow, pairs(files)])? == 0 {
            let sql = "UPDATE definition AS d SET newest = newer.newest + 1 \
                       FROM (SELECT max(newest) AS newest FROM definition \
                             WHERE flow = (SELECT flow FROM definition WHERE digest = ?1)) AS newer \
                       WHERE d.digest = ?1 AND d.newest < newer.newest";
            self.db.prepare_cached(sql)?.execute([digest])?;
            return Ok(());
        }
        let sql = "INSERT OR IGNORE INTO definition_file (blob, definition) VALUES (?1, ?2)";
        for (_, blob) in files {
            self.db.prepare_cached(sql)?.execute(params![blob, digest])?;
        }
        Ok(())
    }
}
