public import Events

extension Transaction {
  /// Applies events of a followed stream, in order, and moves the cursor past them: the effects,
  /// what they emit and the cursor are one commit, so each effect is applied exactly once.
  ///
  /// An event that the cursor has passed is left out. One that waits or is rejected is put aside
  /// with the later events of its subject, and the stream goes on.
  ///
  /// - Parameters:
  ///   - records: events that follow one another in the stream.
  ///   - stream: the stream.
  ///   - cursor: the place after them.
  public func apply(_ records: [Record], of stream: String, through cursor: Cursor) throws {
    let applied = try self.cursor(of: stream)
    for record in records where record.header.sequence > applied.sequence {
      try apply(record)
    }
    guard cursor.sequence >= applied.sequence else { return }
    try moveCursor(of: stream, to: cursor)
  }

  private func apply(_ record: Record) throws {
    guard let reaction = reactions[record.topic] else {
      progress.notes.append(Note(.unknown, record, nil))
      return
    }
    switch Attempt(reaction, record) {
    case .unreadable(let reason, let envelope):
      try putAside(record, envelope, as: .dead, reason)
    case .readable(let envelope, let run):
      if let subject = envelope?.subject, try isHeldBack(subject, in: record.topic.stream) {
        try putAside(record, envelope, as: .behind, "an earlier event of its subject is put aside")
      } else {
        try settle(record, envelope, try outcome(of: run))
      }
    }
  }

  private func settle(_ record: Record, _ envelope: Envelope<Unread>?, _ outcome: Outcome) throws {
    switch outcome {
    case .done:
      progress.notes.append(Note(.applied, record, envelope))
      if let envelope { progress.changedSubjects.insert(envelope.subject) }
    case .wait(let reason): try putAside(record, envelope, as: .waiting, reason)
    case .reject(let reason): try putAside(record, envelope, as: .dead, reason)
    }
  }

  /// Runs a reaction so that only what it did by its own word stays.
  ///
  /// An error of the journal itself goes up, and ends the transaction; any other is a rejection.
  private func outcome(of run: (Transaction) throws -> Outcome) throws -> Outcome {
    do {
      return try attempt {
        let outcome = try run(self)
        return (outcome, keep: outcome == .done)
      }
    } catch  where !JournalError.isOwnFailure(error) {
      return .reject(String(describing: error))
    }
  }

  // MARK: Events that were put aside

  private func putAside(
    _ record: Record, _ envelope: Envelope<Unread>?, as state: PutAside.State, _ reason: String
  ) throws {
    try store(PutAside(record, subject: envelope?.subject ?? "", state: state, reason: reason))
    let kind: Note.Kind =
      switch state {
      case .waiting: .waiting(reason)
      case .dead: .dead(reason)
      case .behind: .behind
      }
    progress.notes.append(Note(kind, record, envelope))
  }

  /// Tries the events that were put aside of every subject that changed, until none moves.
  func applyWaiting() throws {
    while let subject = progress.changedSubjects.popFirst() {
      for waiting in try firstPutAside(of: subject) where waiting.state != .dead {
        try retry(waiting)
      }
    }
  }

  /// Tries the first event of a subject that was put aside in a stream.
  ///
  /// When it is done the subject has changed, and so the next one has its turn.
  private func retry(_ waiting: PutAside) throws {
    guard let reaction = reactions[waiting.record.topic] else { return }
    switch Attempt(reaction, waiting.record) {
    case .unreadable(let reason, let envelope): try bury(waiting, envelope, reason)
    case .readable(let envelope, let run):
      switch try outcome(of: run) {
      case .done:
        try remove(waiting)
        try settle(waiting.record, envelope, .done)
      case .wait(let reason): try update(waiting, to: .waiting, reason)
      case .reject(let reason): try bury(waiting, envelope, reason)
      }
    }
  }

  /// What waited has become a dead letter.
  private func bury(_ waiting: PutAside, _ envelope: Envelope<Unread>?, _ reason: String) throws {
    try update(waiting, to: .dead, reason)
    progress.notes.append(Note(.dead(reason), waiting.record, envelope))
  }
}

/// An event that is about to be applied: read, or found unreadable.
private enum Attempt {
  case readable(Envelope<Unread>?, (Transaction) throws -> Outcome)
  case unreadable(String, Envelope<Unread>?)

  init(_ reaction: Reaction, _ record: Record) {
    do {
      let prepared = try reaction.prepare(record)
      self = .readable(prepared.envelope, prepared.run)
    } catch {
      self = .unreadable(String(describing: error), try? Envelope<Unread>(record))
    }
  }
}
