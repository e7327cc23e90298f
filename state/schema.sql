-- The state of one crosstie project, format 2. docs/state-format.md explains every table and how to read it.
-- Words used below:
--   JSON of a value   {"v": json, "u": {pointer: source}, "s": [pointer], "sealed": {pointer: base64}}
--   sealed            AES-256-GCM under the key of this lineage, bound to lineage, table, column and row
--   times             RFC 3339, UTC, milliseconds

PRAGMA application_id = 0x78746965;  -- "xtie"
PRAGMA user_version = 2;             -- format; raised by the migrations in state/migrate.cpp

-- One row: which history this is and how far it has come.
CREATE TABLE meta (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  lineage    TEXT    NOT NULL,     -- uuid, made with the file, never changed
  serial     INTEGER NOT NULL,     -- raised by one with every commit that changes what is recorded
  created_at TEXT    NOT NULL,
  key_check  BLOB    NOT NULL      -- a sealed fixed text: tells a wrong key at once
) STRICT;

-- Every apply and destroy, oldest first.
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  command     TEXT    NOT NULL,
  owner       TEXT    NOT NULL,    -- who started it, on which machine, as which process
  host        TEXT    NOT NULL,
  pid         INTEGER NOT NULL,
  started_at  TEXT    NOT NULL,
  finished_at TEXT    NOT NULL DEFAULT '',  -- '' while running, and for ever when interrupted
  state       TEXT    NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  added       INTEGER NOT NULL DEFAULT 0,
  changed     INTEGER NOT NULL DEFAULT 0,
  destroyed   INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  summary     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- What exists because of us (or was adopted by us): one row a resource.
CREATE TABLE resources (
  address         TEXT    PRIMARY KEY,      -- link.logs.ca_secret
  type            TEXT    NOT NULL,         -- kubernetes.object
  connection      TEXT    NOT NULL,         -- kubernetes.west
  desired         TEXT    NOT NULL,         -- JSON of a value: arguments of the last apply
  attributes      TEXT    NOT NULL,         -- JSON of a value: what the provider answered
  before          BLOB,                     -- sealed: the adopted object as it was found; NULL when we created it
  token           BLOB,                     -- sealed: what is still waited for; NULL when ready
  status          TEXT    NOT NULL CHECK (status IN ('ready', 'settling', 'tainted')),
  prevent_destroy INTEGER NOT NULL CHECK (prevent_destroy IN (0, 1)),
  depends_on      TEXT    NOT NULL,         -- JSON list of addresses
  run             INTEGER NOT NULL,         -- run that wrote it last, 0 when none did
  links           TEXT    NOT NULL DEFAULT '{}'  -- JSON object: the links it belongs to, each with its model
) STRICT;

-- The journal: one row a remote write. Committed before the write, closed by a second commit after it.
CREATE TABLE operations (
  id              TEXT    PRIMARY KEY,      -- uuid, also in the mark on what was created
  run             INTEGER NOT NULL REFERENCES runs (id),
  sequence        INTEGER NOT NULL,         -- order inside the run, from 1
  address         TEXT    NOT NULL,
  type            TEXT    NOT NULL,
  connection      TEXT    NOT NULL,
  action          TEXT    NOT NULL
                  CHECK (action IN ('create', 'update', 'replace_create', 'replace_delete', 'remove')),
  desired         BLOB,                     -- sealed: what was going to be written
  before_image    BLOB,                     -- sealed: the object as it was seen right before
  recorded_before BLOB,                     -- sealed: the record's own before-image
  depends_on      TEXT    NOT NULL,
  prevent_destroy INTEGER NOT NULL CHECK (prevent_destroy IN (0, 1)),
  state           TEXT    NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'unknown')),
  error           TEXT    NOT NULL DEFAULT '',
  started_at      TEXT    NOT NULL,
  finished_at     TEXT    NOT NULL DEFAULT '',
  links           TEXT    NOT NULL DEFAULT '{}',  -- as in resources
  UNIQUE (run, sequence)
) STRICT;

-- What a later run must settle is found without reading the whole journal.
CREATE INDEX operations_open ON operations (run, sequence) WHERE state IN ('pending', 'unknown');

-- Named results of the configuration, as of the last apply.
CREATE TABLE outputs (
  name  TEXT PRIMARY KEY,
  type  TEXT NOT NULL,     -- string, number, bool, list, object
  value TEXT NOT NULL     -- JSON of a value
) STRICT;

-- The exclusive right to write: no row, or one row.
CREATE TABLE lock (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  owner   TEXT    NOT NULL,
  host    TEXT    NOT NULL,
  pid     INTEGER NOT NULL,
  process TEXT    NOT NULL,   -- "boot-id pid-namespace start-time" of the pid, '' when it could not be read
  command TEXT    NOT NULL,
  since   TEXT    NOT NULL,
  token   TEXT    NOT NULL    -- random; only who made the row knows it, and only they take it away
) STRICT;
