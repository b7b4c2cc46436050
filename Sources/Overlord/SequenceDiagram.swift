import Daemon
import Schema

/// A piece of work as a picture: a lane for each service, an arrow for each event in the order of
/// their commits.
struct SequenceDiagram {
  /// The most events that are drawn.
  static let limit = 60
  static let width = 960
  private static let top = 64
  private static let step = 58

  let width = Self.width
  let height: Int
  let lanes: [Lane]
  let steps: [Step]

  /// A service's line from the top to the bottom.
  struct Lane {
    let color: String
    let title: String
    let x: Int
    let bottom: Int
  }

  /// An event, or a step that is missing.
  struct Step {
    let key: String
    let color: String
    let kind: String
    let label: String
    let labelX: Int
    let labelY: Int
    let offset: String
    let y: Int
    let x: Int
    let lines: [Line]
  }

  /// An arrow from a lane to another one.
  struct Line {
    let x1: Int
    let x2: Int
    let y: Int
    /// The corners of the arrow's head.
    let head: String

    init(from start: Int, to end: Int, y: Int) {
      let back = end > start ? -12 : 12
      x1 = start
      x2 = end
      self.y = y
      head = "\(end),\(y) \(end + back),\(y - 6) \(end + back),\(y + 6)"
    }
  }

  /// A diagram of events in the order of their commits.
  init(_ events: [SeenEvent], missing: [OrderFlow.Missing<SeenEvent>]) {
    let others = Set(events.map(\.stream)).subtracting(OverlordRoom.lanes).sorted()
    let services = OverlordRoom.lanes + others
    let distance = (Self.width - 320) / max(1, services.count - 1)
    let places = Dictionary(
      uniqueKeysWithValues: services.enumerated().map { ($1, 200 + $0 * distance) })
    height = Self.top + (events.count + missing.count) * Self.step + 20
    lanes = services.map { [height] in
      Lane(color: $0, title: $0.title, x: places[$0] ?? 0, bottom: height - 10)
    }
    let drawn = Drawing(places: places, beginning: events.first?.committedAt)
    let rows = (events.count..<events.count + missing.count).map { Self.y(of: $0) }
    steps =
      events.enumerated().map { drawn.step($1, y: Self.y(of: $0)) }
      + zip(missing, rows).map { drawn.step(missing: $0, y: $1) }
  }

  private static func y(of row: Int) -> Int { top + row * step + 40 }
}

/// Places steps on lanes.
private struct Drawing {
  let places: [String: Int]
  let beginning: Timestamp?

  func step(_ seen: SeenEvent, y: Int) -> SequenceDiagram.Step {
    let gist = seen.gist.isEmpty ? "" : " · \(seen.gist.quoted(upTo: 18))"
    return step(
      key: "arrow-\(seen.position)", from: seen.stream,
      to: OverlordRoom.receivers[seen.type] ?? [], kind: "done", label: seen.type + gist,
      offset: beginning.map { "+" + seen.committedAt.since($0).shown } ?? "", y: y)
  }

  func step(missing: OrderFlow.Missing<SeenEvent>, y: Int) -> SequenceDiagram.Step {
    step(
      key: "gap-\(missing.after.position)", from: missing.step.service,
      to: OverlordRoom.receivers[missing.step.types[0]] ?? [], kind: "missing",
      label: missing.step.types.joined(separator: " or ") + " is missing", offset: "", y: y)
  }

  private func step(
    key: String, from service: String, to receivers: [String], kind: String, label: String,
    offset: String, y: Int
  ) -> SequenceDiagram.Step {
    let x = places[service] ?? 0
    let lines = receivers.compactMap { places[$0] }.filter { $0 != x }
      .map { SequenceDiagram.Line(from: x, to: $0, y: y) }
    // Above the only arrow, in the middle of two, and beside the lane of an event without one.
    let ends = lines.map(\.x2)
    let labelX = lines.count == 1 ? (x + ends[0]) / 2 : x
    return SequenceDiagram.Step(
      key: key, color: service, kind: kind, label: label, labelX: labelX,
      labelY: y - 14, offset: offset, y: y, x: x, lines: lines)
  }
}
