import Events
package import FoundationEssentials
import Journal

// The events and beats that a follower receives.

extension Follower {
  /// Messages have arrived on the socket of the stream's events.
  package mutating func receive(_ messages: [[Data]], at now: Duration) -> [Action] {
    switch phase {
    case .stopped, .lost: return []
    case .connecting, .catchingUp, .live, .away: break
    }
    var actions: [Action] = []
    var run = Run(after: cursor)
    var topic: Topic?
    for frames in messages {
      if let record = Record(sent: frames[...], after: topic), record.topic.stream == stream {
        topic = record.topic
        receive(record, run: &run, actions: &actions, at: now)
      } else if isForOthers(frames) {
        continue
      } else if let beat = Beat(frames: frames) {
        guard beat.stream == stream else { continue }
        endSilence()
        flush(&run, into: &actions)
        // Requested first, it is answered before the fetched events are applied.
        if let question = catalogue.receive(beat.catalogue) { actions.append(.request(question)) }
        actions += receive(beat, at: now)
      } else {
        actions.append(.report(.garbage))
      }
    }
    flush(&run, into: &actions)
    return actions
  }

  /// Whether the message is a beat to a longer prefix.
  ///
  /// The check reads no body: any peer can make the publisher send many such beats.
  private func isForOthers(_ frames: [Data]) -> Bool {
    frames.count == 3 && frames[0] != beatTopic && Header(bytes: frames[1])?.isBeat == true
  }

  mutating func endSilence() {
    silentFor = .zero
  }

  private mutating func receive(
    _ record: Record, run: inout Run, actions: inout [Action], at now: Duration
  ) {
    let header = record.header
    guard phase == .live else { return ahead.append(record) }
    if header.epoch == cursor.epoch,
      record.follows(sequence: cursor.sequence, chain: cursor.chain)
    {
      advance(to: header)
      run.records.append(record)
      if run.records.count == Self.maxRun { flush(&run, into: &actions) }
    } else if header.epoch != cursor.epoch || header.sequence > cursor.sequence {
      ahead.append(record)
      flush(&run, into: &actions)
      if header.sequence > cursor.sequence + 1 {
        counts.gaps += 1
        actions.append(.report(.gap(before: header.sequence)))
      }
      actions += catchUp(at: now)
    } else {
      counts.duplicates += 1
    }
  }

  /// Passes on consecutive events as one piece of work.
  private mutating func flush(_ run: inout Run, into actions: inout [Action]) {
    if !run.records.isEmpty {
      actions.append(.apply(run.records, from: run.place, through: cursor))
    }
    run = Run(after: cursor)
  }

  private mutating func advance(to header: Header) {
    cursor.sequence = header.sequence
    cursor.chain = header.chain
    head = max(head ?? 0, header.sequence)
  }

  private mutating func receive(_ beat: Beat, at now: Duration) -> [Action] {
    head = beat.cursor.sequence
    guard phase != .live || beat.cursor != cursor else { return [] }
    var actions: [Action] = []
    if phase == .live, beat.cursor.epoch == cursor.epoch, beat.cursor.sequence > cursor.sequence {
      counts.gaps += 1
      actions.append(.report(.gap(before: beat.cursor.sequence + 1)))
    }
    if phase == .away || phase == .connecting { fetching.reset() }
    return actions + catchUp(at: now)
  }
}
