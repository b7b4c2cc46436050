/// The journal's own tables, after which a room adds its own.
let journalMigrations = [
  Migration(
    "journal-1",
    sql: """
      -- One row: whose journal it is, its history's number, and the head of its log.
      CREATE TABLE journal (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        service TEXT NOT NULL,
        epoch BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        chain BLOB NOT NULL,
        committed_at BIGINT NOT NULL,
        floor BIGINT NOT NULL,
        starts BIGINT NOT NULL
      );
      -- The histories that this log has had: each began after `sequence`, where the chain was `chain`.
      CREATE TABLE lineage (
        position INTEGER PRIMARY KEY,
        epoch BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        chain BLOB NOT NULL
      );
      -- The outbox: what this service has said, as it stands on the wire.
      -- INTEGER: SQLite then keeps it in one tree. A journal from before keeps a second one, by sequence.
      CREATE TABLE log (
        sequence INTEGER NOT NULL PRIMARY KEY,
        topic TEXT NOT NULL,
        header BLOB NOT NULL,
        body BLOB NOT NULL
      );
      -- The inbox: how far each followed stream was applied.
      CREATE TABLE cursors (
        stream TEXT PRIMARY KEY,
        epoch BIGINT,
        sequence BIGINT NOT NULL,
        chain BLOB NOT NULL
      );
      -- Events that wait for their order's state, dead letters, and what is behind either.
      CREATE TABLE put_aside (
        stream TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        subject TEXT NOT NULL,
        topic TEXT NOT NULL,
        header BLOB NOT NULL,
        body BLOB NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (stream, sequence)
      );
      CREATE INDEX put_aside_by_subject ON put_aside (subject);
      -- Who follows this log, and how far each has come.
      CREATE TABLE consumers (
        name TEXT PRIMARY KEY,
        epoch BIGINT,
        sequence BIGINT NOT NULL,
        seen_at BIGINT
      );
      """),
  Migration(
    "journal-2",
    sql: secondDesign(
      zeroChain: "x'00000000000000000000000000000000'", moving: eventsPutAside,
      subjectIndex: "(subject, stream, position)"),
    except: [
      // Its trees take no key of more than 2,700 bytes, and a peer may choose a longer subject.
      .postgresql: secondDesign(
        zeroChain: "'\\x00000000000000000000000000000000'", moving: "",
        subjectIndex: "USING hash (subject)")
    ]),
  Migration(
    "journal-3",
    sql: """
      -- Dead letters that a newer version of the program may read: it tries them by itself.
      ALTER TABLE put_aside ADD COLUMN too_new BIGINT NOT NULL DEFAULT 0;
      UPDATE put_aside SET too_new = 1
        WHERE state = 'dead' AND reason LIKE '% may be read from version %';
      """),
  Migration(
    "journal-4",
    sql: """
      -- The replica that does a part of the service's work, and until when: where there are several.
      CREATE TABLE roles (
        role TEXT PRIMARY KEY,
        replica TEXT NOT NULL,
        until BIGINT NOT NULL
      );
      """),
  Migration(
    "journal-5", beside: .all,
    sql: """
      -- What the replica shows of its part to the others, as JSON.
      ALTER TABLE roles ADD COLUMN status TEXT;
      """),
]

/// The second design.
///
/// - Parameters:
///   - zeroChain: the bytes of the chain before the first event.
///   - older: moves the events of the first design.
///   - subjectIndex: the rest of the index by subjects.
private func secondDesign(zeroChain: String, moving older: String, subjectIndex: String) -> String {
  """
  -- The chain before the floor, by which a follower that stands there is known; and how this
  -- service found that it has lost a part of its history.
  ALTER TABLE journal ADD COLUMN floor_chain BLOB NOT NULL
    DEFAULT \(zeroChain);
  ALTER TABLE journal ADD COLUMN lost TEXT;
  -- Put aside: in the order of coming, which a new history of the stream does not repeat.
  CREATE TABLE set_aside (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    subject TEXT NOT NULL,
    topic TEXT NOT NULL,
    header BLOB NOT NULL,
    body BLOB NOT NULL,
    -- The body as it came, where somebody has edited it.
    original BLOB,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- What is beneath the reason, as a JSON array.
    causes TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT,
    at BIGINT NOT NULL
  );
  \(older)
  DROP TABLE put_aside;
  ALTER TABLE set_aside RENAME TO put_aside;
  CREATE INDEX put_aside_by_subject ON put_aside \(subjectIndex);
  CREATE INDEX put_aside_by_event ON put_aside (stream, sequence);
  CREATE INDEX put_aside_by_state ON put_aside (state, due_at);
  \(acts)
  """
}

/// Moves the events that were put aside in the first design, which no database of PostgreSQL had.
private let eventsPutAside = """
  INSERT INTO set_aside
    (id, stream, sequence, subject, topic, header, body, state, reason, causes, attempts, at)
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(h, 14, 3) || '-8' ||
      substr(h, 18, 3) || '-' || substr(h, 21, 12),
      stream, sequence, subject, topic, header, body, state, reason, '[]', 1, at
    FROM (SELECT lower(hex(randomblob(16))) AS h, * FROM put_aside ORDER BY sequence);
  """

/// The table of the operators' actions, in the second design.
private let acts = """
  -- What people did about events that were put aside: an audit, with the event as it came.
  CREATE TABLE acts (
    position INTEGER PRIMARY KEY,
    letter TEXT NOT NULL,
    act TEXT NOT NULL,
    result TEXT NOT NULL,
    at BIGINT NOT NULL,
    correlation_id TEXT NOT NULL,
    request_id TEXT,
    stream TEXT NOT NULL,
    header BLOB NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX acts_by_letter ON acts (letter);
  CREATE INDEX acts_by_event ON acts (stream, header);
  """
