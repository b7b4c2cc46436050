import ArgumentParser
import Events
import Schema
import Versions

struct SchemaDiffCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show the differences between two versions, or between two lock files.",
    discussion: """
      Two versions: each field that was added (+), removed (-) or changed (~), and whether each \
      reader reads the other's payloads, which is found by decoding. Two lock files: the lines.

      EXAMPLES
        eventually schema diff order.captured.v1 order.captured.v2
        eventually schema diff then.lock Sources/Schema/Schema.lock
      """)

  @Argument(help: "A version, or a lock file.")
  var old: String

  @Argument(help: "Another version of the same event, or another lock file.")
  var new: String

  @Flag(help: "Print a JSON object for each difference on a line.")
  var json = false

  func perform() async throws {
    let (differences, verdicts) = try compare()
    for difference in differences {
      Output.data.line(json ? difference.jsonLine : difference.line)
    }
    if differences.isEmpty { Output.notes.line("nothing differs") }
    if !json { for verdict in verdicts { Output.data.line(verdict) } }
  }

  /// The differences, and which version reads the payloads of which.
  func compare() throws(Failure) -> ([Difference], [String]) {
    try isVersion(old) || isVersion(new) ? versions() : locks()
  }

  private func isVersion(_ name: String) -> Bool { (try? NamedVersion(name)) != nil }

  private func locks() throws(Failure) -> ([Difference], [String]) {
    let before = try SchemaLock(file: old).lines
    let after = try SchemaLock(file: new).lines
    return (
      Difference.between(
        before.map { ($0.key, $0.value) }, new: after.map { ($0.key, $0.value) }), []
    )
  }

  private func versions() throws(Failure) -> ([Difference], [String]) {
    let before = try NamedVersion(old)
    let after = try NamedVersion(new)
    guard before.event.type == after.event.type else {
      throw Failure(.usage, "\(old) and \(new) are versions of two events")
    }
    return (
      Difference.between(before.version.facts, new: after.version.facts),
      before.event.readings(between: before.version, and: after.version)
    )
  }
}

/// One thing that differs.
struct Difference: Hashable, Encodable, Sendable {
  /// Its name.
  let name: String
  let old: String?
  let new: String?

  /// - Parameters:
  ///   - old: names with what they are, each name once.
  ///   - new: the same of the other side.
  static func between(_ old: [(String, String)], new: [(String, String)]) -> [Difference] {
    let before = Dictionary(old) { first, _ in first }
    let after = Dictionary(new) { first, _ in first }
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      guard before[name] != after[name] else { return nil }
      return Difference(name: name, old: before[name], new: after[name])
    }
  }

  var line: String {
    switch (old, new) {
    case (let old?, let new?): "~ \(name): \(old) → \(new)"
    case (let old?, nil): "- \(name) \(old)"
    case (nil, let new?): "+ \(name) \(new)"
    case (nil, nil): name
    }
  }
}

extension SchemaLock.Line {
  fileprivate var key: String {
    ([type] + (version.map { ["v\($0)"] } ?? []) + [kind, name]).filter { !$0.isEmpty }
      .joined(separator: " ")
  }
}

extension RegisteredVersion {
  fileprivate var facts: [(String, String)] {
    [("least-reader", String(schema.leastReader))] + shape.fields.map { ($0.path, $0.shape.kind) }
  }
}

extension RegisteredEvent {
  /// Which version reads the payloads of which, by decoding.
  fileprivate func readings(
    between one: RegisteredVersion, and other: RegisteredVersion
  ) -> [String] {
    let (older, newer) = one.schema.version < other.schema.version ? (one, other) : (other, one)
    guard older.schema.version < newer.schema.version else { return [] }
    func sentence(_ mode: String, misreadings: [String]) -> String {
      misreadings.first.map { "\(mode) does not hold: \($0)" } ?? "\(mode) holds"
    }
    return [
      sentence("BACKWARD", misreadings: misreadings(of: older, as: newer)),
      sentence("FORWARD", misreadings: misreadings(of: newer, as: older)),
    ]
  }
}
