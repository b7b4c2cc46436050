import ArgumentParser
import Daemon
import Events
import FoundationEssentials

/// A change of one field of an event's data: `product=widget`, or `data.promise.quoteId=null`.
struct DataEdit: Hashable, Sendable {
  /// The names and indices that lead to the field, inside of the data.
  let path: [String]
  let text: String
}

/// A path that leads nowhere.
struct NoSuchField: Error, Hashable, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "\(path): \(reason)" }
}

extension DataEdit: ExpressibleByArgument {
  /// - Parameter argument: the path, `=` and the value; `data.` before the path may be left out.
  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "=") else { return nil }
    var path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false)
    if path.count > 1, path[0] == "data" { path.removeFirst() }
    guard !path.isEmpty, path.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.path = path.map(String.init)
    text = String(argument[argument.index(after: equals)...])
  }
}

extension DataEdit {
  /// The data with the field changed, or added to its object.
  ///
  /// - Parameter mayAdd: whether the field may be a new one.
  /// - Throws: ``NoSuchField``.
  func applied(to data: JSONValue, mayAdd: Bool = false) throws(NoSuchField) -> JSONValue {
    try changed(data, along: path[...], mayAdd: mayAdd)
  }

  private func changed(_ value: JSONValue, along rest: ArraySlice<String>, mayAdd: Bool)
    throws(NoSuchField) -> JSONValue
  {
    guard let name = rest.first else { return read(replacing: value) }
    switch value {
    case .object(var members):
      let isLast = rest.count == 1
      guard members[name] != nil || isLast && mayAdd else {
        let near = name.nearest(of: members.keys.sorted()).map { ". Did you mean \($0)?" } ?? "."
        throw failure(
          at: rest, "there is no such member\(near)\(isLast ? " Add a new one with --add." : "")")
      }
      members[name] = try changed(
        members[name] ?? .null, along: rest.dropFirst(), mayAdd: mayAdd)
      return .object(members)
    case .array(var items):
      guard let index = Int(name), items.indices.contains(index) else {
        throw failure(at: rest, "the list has \(items.count) items, counted from 0")
      }
      items[index] = try changed(items[index], along: rest.dropFirst(), mayAdd: mayAdd)
      return .array(items)
    default: throw failure(at: rest, "\(value.compact) before it is no object")
    }
  }

  /// The new value: JSON, or a text without quotation marks.
  ///
  /// A text stays a text: `--set zip=8001` is no number where the zip is none.
  private func read(replacing value: JSONValue) -> JSONValue {
    let json = JSONValue(Data(text.utf8))
    guard let json else { return .string(text) }
    if value.string != nil, json.string == nil, json != .null { return .string(text) }
    return json
  }

  private func failure(at rest: ArraySlice<String>, _ reason: String) -> NoSuchField {
    let path = (["data"] + path[..<rest.index(after: rest.startIndex)]).joined(separator: ".")
    return NoSuchField(path: path, reason: reason)
  }
}

/// The difference between two versions of an event's data, field by field.
struct DataDifference: Hashable, Sendable {
  struct Change: Hashable, Sendable {
    let path: String
    /// As JSON; nil for a field that was not there.
    let before: String?
    /// As JSON; nil for a field that is not there any more.
    let after: String?
  }

  let changes: [Change]

  init(from before: JSONValue, to after: JSONValue) {
    var old: [String: String] = [:]
    before.collectFields(at: "data", into: &old)
    var new: [String: String] = [:]
    after.collectFields(at: "data", into: &new)
    changes = Set(old.keys).union(new.keys).sorted().compactMap { path in
      old[path] == new[path] ? nil : Change(path: path, before: old[path], after: new[path])
    }
  }

  /// For people: what goes with `-` before it, what comes with `+`.
  func lines(isColored: Bool = false) -> [String] {
    changes.flatMap { change in
      [
        change.before.map { line("-", path: change.path, value: $0).styled(.red, if: isColored) },
        change.after.map { line("+", path: change.path, value: $0).styled(.green, if: isColored) },
      ].compactMap(\.self)
    }
  }

  /// The paths of texts that become empty.
  var emptied: [String] {
    changes.filter { $0.after == "\"\"" && $0.before?.hasPrefix("\"") == true }.map(\.path)
  }

  /// The changes of amounts and currencies, in words.
  var money: String {
    changes.filter { ["amount", "currency"].contains($0.path.split(separator: ".").last ?? "") }
      .map { "\($0.path): \($0.before ?? "nothing") to \($0.after ?? "nothing")" }
      .joined(separator: ", ")
  }

  private func line(_ sign: String, path: String, value: String) -> String {
    "\(sign) \(path) \(value)".escapedForTerminal
  }
}

extension JSONValue {
  /// Every value that is no object or list with content, as JSON, by its path.
  fileprivate func collectFields(at path: String, into fields: inout [String: String]) {
    switch self {
    case .object(let members) where !members.isEmpty:
      for (name, value) in members { value.collectFields(at: "\(path).\(name)", into: &fields) }
    case .array(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        item.collectFields(at: "\(path).\(index)", into: &fields)
      }
    default: fields[path] = compact
    }
  }
}
