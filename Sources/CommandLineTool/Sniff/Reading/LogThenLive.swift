import Courier
import Events

/// Joins the events of the logs with live events, without gap or duplicate.
///
/// It keeps the printed position of each stream. The next live event is printed. An event that was
/// printed already is skipped. An event after a gap, or a beat that is past the position, causes a
/// request to the log. This also closes the seam between a log and its live events: a publisher
/// sends a beat at once to a new subscription, and events after that beat arrive live.
struct LogThenLive: Hashable, Sendable {
  /// The step after a message, or after a page of a log.
  enum Step: Hashable, Sendable {
    case print
    case skip
    /// Read this stream's log, after this sequence number, and then look at the message again.
    case fetch(after: UInt64)
    /// The stream has begun another history, in which every event is new.
    case otherHistory(Epoch)
  }

  private struct Place: Hashable {
    var epoch: Epoch
    var sequence: UInt64
  }

  /// Whether a stream that was not read yet is read from its log's beginning, and not from the first
  /// message on.
  private let readsLogs: Bool
  private var places: [String: Place] = [:]

  init(readsLogs: Bool = true) {
    self.readsLogs = readsLogs
  }

  /// Takes a live event, in the order of arrival.
  mutating func receive(_ stream: String, epoch: Epoch, sequence: UInt64) -> Step {
    guard let place = places[stream] else {
      guard !readsLogs else { return .fetch(after: 0) }
      places[stream] = Place(epoch: epoch, sequence: sequence)
      return .print
    }
    guard place.epoch == epoch else {
      places[stream] = Place(epoch: epoch, sequence: sequence - min(sequence, 1))
      return .otherHistory(epoch)
    }
    guard sequence > place.sequence else { return .skip }
    guard sequence == place.sequence + 1 else { return .fetch(after: place.sequence) }
    places[stream]?.sequence = sequence
    return .print
  }

  /// Takes a beat: all events up to this one are published.
  mutating func receiveBeat(_ stream: String, epoch: Epoch, upTo sequence: UInt64) -> Step {
    guard let place = places[stream] else {
      guard !readsLogs else { return .fetch(after: 0) }
      places[stream] = Place(epoch: epoch, sequence: sequence)
      return .skip
    }
    guard place.epoch == epoch else {
      places[stream] = Place(epoch: epoch, sequence: sequence)
      return .otherHistory(epoch)
    }
    return sequence > place.sequence ? .fetch(after: place.sequence) : .skip
  }

  /// Takes a page of a log.
  ///
  /// - Returns: the position of the next page; nil at the end of the log.
  mutating func receive(_ page: EventsAnswer) -> UInt64? {
    // A page without progress would be requested again and again.
    let isAhead = places[page.stream].map { page.through > $0.sequence } ?? true
    places[page.stream] = Place(epoch: page.epoch, sequence: page.through)
    return isAhead && page.through < page.head ? page.through : nil
  }

  /// Stops reading a log: the events between are lost, and the stream continues at an event.
  mutating func skipAhead(_ stream: String, epoch: Epoch, at sequence: UInt64) {
    places[stream] = Place(epoch: epoch, sequence: sequence)
  }
}
