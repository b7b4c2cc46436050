// The first page: the four services on one screen, and the strip on which an event is seen to travel.

import Daemon
import Schema

/// The part of the events that the strip shows.
private enum Story: String {
  case all = ""
  case change
  case transition
}

extension OverlordPages {
  var homeRoutes: [Route] {
    [
      .query("/", takes: ["story"]) { request, snapshot in
        let story = Story(rawValue: request.query["story"] ?? "") ?? .all
        let strip = try Strip(story, in: snapshot)
        let values: [String: Any] = [
          "frames": frames(for: request), "strip": strip, "isAll": story == .all,
          "isChange": story == .change, "isTransition": story == .transition,
          "streams": try streams(snapshot).map(StreamRow.init),
          "criticalTime": try snapshot.lastCriticalTime()?.shown ?? "unknown",
        ]
        var page = try WebPage("home", title: strip.title, values: values, in: snapshot)
        page.path = "/"
        page.news = strip.news
        page.reloads = true
        return try look.html(page)
      }
    ]
  }
}

// MARK: The strip

/// The last events as cards in the lanes of their services.
private struct Strip {
  private static let limit = 7

  let title: String
  let lanes: [Lane]
  let cards: [Card]
  /// The story, in a sentence.
  let sentence: String
  /// The events in words, a line for each: the new ones are announced, and for the panes too.
  let news: String
  let isEmpty: Bool

  init(_ story: Story, in snapshot: Snapshot) throws {
    switch story {
    case .all: self = Strip(last: try snapshot.lastEvents(limit: Self.limit))
    case .change: self = Strip(changes: try snapshot.settingsChanges(limit: Self.limit))
    case .transition: self = Strip(order: try snapshot.lastOrder(limit: Self.limit))
    }
  }

  private init(title: String, cards: [Card], sentence: String, events: [SeenEvent]) {
    self.title = title
    lanes = OverlordRoom.lanes.map { Lane(color: $0, title: $0.title) }
    self.cards = cards
    self.sentence = sentence
    news = events.sorted { $0.position < $1.position }.map(\.news).joined(separator: "\n")
    isEmpty = cards.isEmpty
  }

  /// The last that came, in the order of their commits: an effect may arrive before its cause.
  private init(last received: [SeenEvent]) {
    let events = received.sorted { ($0.committedAt, $0.position) > ($1.committedAt, $1.position) }
    self.init(
      title: "All four", cards: events.map(Card.init),
      sentence: """
        The last events, newest at the left. An arrow leads from the service that published an event \
        to each one that applies it.
        """, events: events)
  }

  private init(changes: [SeenEvent]) {
    let sentence =
      changes.first.map { newest in
        let settings = try? newest.event["data"]?.decode(SettingsChanged.self)
        let rules = settings.map {
          ": fee \($0.feeInForce.shown), discount \($0.discountInForce.shown)"
        }
        return """
          Alpha published \(newest.gist) of the settings\(rules ?? ""). Beta and Charlie keep their \
          own copies of it, and ask Alpha for nothing. A quote that was given before stands.
          """
      } ?? "No settings have been published yet. Alpha publishes them when it starts."
    self.init(
      title: "Change event", cards: changes.map(Card.init), sentence: sentence, events: changes)
  }

  private init(order events: [SeenEvent]) {
    let missing = OrderFlow.missing(in: events, type: \.type, subject: \.subject)
    self.init(
      title: "Transition event", cards: events.map(Card.init) + missing.map(Card.init),
      sentence: Self.promise(of: events), events: events)
  }

  /// The promise that the order carries from its first event to its last.
  private static func promise(of events: [SeenEvent]) -> String {
    guard let captured = events.first(where: { $0.type == OrderCaptured.schema.type }) else {
      return "No order has been captured yet. Order something at Beta."
    }
    let order = "The last order, from its beginning at the left: \(captured.gist)"
    let price = captured.money("price").map { ", \($0.shown)" } ?? ""
    guard let promise = try? captured.event["data"]?["promise"]?.decode(Promise.self) else {
      return "\(order)\(price). It carries no promise, so the settings at its approval count."
    }
    return """
      \(order)\(price). It carries its promise with it, fee \(promise.fee.shown) and discount \
      \(promise.discount.shown), and so every service calculates the same total.
      """
  }
}

private struct Lane {
  let color: String
  let title: String
}

/// An event on the strip, or a step that is still missing.
private struct Card {
  let key: String
  let stream: String
  /// The subject of the type: `order.`.
  let kind: String
  /// The rest of the type.
  let type: String
  let gist: String
  let order: ShownIdentifier?
  /// The event's position; nil for a missing step.
  let position: Int64?
  let committedAt: Timestamp?
  let arrows: [Arrow]

  /// The way to a service that applies the event.
  struct Arrow {
    let service: String
    let title: String
    let direction: String
  }

  init(_ seen: SeenEvent) {
    key = "event-\(seen.position)"
    stream = seen.stream
    let words = seen.type.split(separator: ".", maxSplits: 1)
    kind = words.count == 2 ? "\(words[0])." : ""
    type = String(words.last ?? "")
    gist = seen.gist
    order = seen.type.hasPrefix("order.") ? ShownIdentifier(seen.subject.escapedForTerminal) : nil
    position = seen.position
    committedAt = seen.committedAt
    let lanes = OverlordRoom.lanes
    let own = lanes.firstIndex(of: seen.stream) ?? 0
    arrows = (OverlordRoom.receivers[seen.type] ?? []).map { receiver in
      let isBelow = lanes.firstIndex(of: receiver) ?? 0 > own
      return Arrow(
        service: receiver, title: receiver.title, direction: isBelow ? "down" : "up")
    }
  }

  init(_ missing: OrderFlow.Missing<SeenEvent>) {
    key = "missing-\(missing.after.position)"
    stream = missing.step.service
    kind = ""
    type = missing.step.types.joined(separator: " or ")
    gist = "expected since"
    order = nil
    position = nil
    committedAt = missing.after.committedAt
    arrows = []
  }
}

extension SeenEvent {
  /// The event in a sentence that no other event has.
  var news: String {
    let about = gist.isEmpty ? "" : ": \(gist)"
    return "\(stream.title) published \(title), event \(position)\(about)."
  }
}

extension Snapshot {
  fileprivate func settingsChanges(limit: Int) throws -> [SeenEvent] {
    try lastEvents(EventFilter(type: SettingsChanged.schema.type), limit: limit)
  }

  /// The events of the order that was captured last, in order.
  fileprivate func lastOrder(limit: Int) throws -> [SeenEvent] {
    let captured = EventFilter(type: OrderCaptured.schema.type)
    guard let last = try lastEvents(captured, limit: 1).first else { return [] }
    let events = try lastEvents(EventFilter(subject: last.subject), limit: limit)
    return events.sorted { ($0.committedAt, $0.position) < ($1.committedAt, $1.position) }
  }
}
