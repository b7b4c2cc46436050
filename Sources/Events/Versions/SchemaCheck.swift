// What is wrong with a registry, each in a sentence that says what to do. A test of whoever owns
// the registry expects none.

import FoundationEssentials

extension Registry {
  /// Everything that would break somebody: what differs from the lock, what an event's promised
  /// compatibility does not allow, and what is not pinned yet.
  public func problems(with lock: SchemaLock) -> [String] {
    events.flatMap(\.problems) + changed(since: lock) + added(since: lock)
  }

  /// What was pinned, and is not so any more.
  public func changed(since lock: SchemaLock) -> [String] {
    let present = Dictionary(
      self.lock.lines.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    let retired = Set(
      lock.lines.filter { $0.kind == "retired" }.map { [$0.type, $0.version.text] })
    var told: Set<[String]> = []
    return lock.lines.compactMap { pinned in
      guard present[pinned.identity] != pinned else { return nil }
      let version = [pinned.type, pinned.version.text]
      if retired.contains(version) {
        // Its lines stay, so that nobody takes its number again.
        guard let version = pinned.version, pinned.kind == "retired" else { return nil }
        return self[pinned.type]?[version].map { $0.isRetired }
      }
      guard let event = self[pinned.type] else {
        return told.insert([pinned.type]).inserted ? pinned.type.isGone : nil
      }
      if let number = pinned.version, event[number] == nil {
        return told.insert(version).inserted ? pinned.versionIsGone : nil
      }
      return pinned.hasChanged(to: present[pinned.identity])
    }
  }

  /// What is not pinned yet, with the lines that pin it, where it may be.
  private func added(since lock: SchemaLock) -> [String] {
    let pinned = Set(lock.lines.map(\.identity))
    let versions = Set(lock.lines.map { [$0.type, $0.version.text] })
    let new = self.lock.lines.filter { !pinned.contains($0.identity) }
    let forbidden = new.filter {
      $0.kind == "field" && !$0.name.contains("?") && versions.contains([$0.type, $0.version.text])
    }
    let allowed = new.filter { !forbidden.contains($0) }
    guard !allowed.isEmpty else { return forbidden.map(\.mayNotJoin) }
    return forbidden.map(\.mayNotJoin) + [
      """
      These facts are not pinned yet. When they are as they shall be for ever, add these lines to \
      the lock file:
      \(allowed.map(\.description).joined(separator: "\n"))
      """
    ]
  }
}

extension RegisteredEvent {
  /// What is wrong with the event by itself, whatever was pinned before.
  var problems: [String] {
    let numbers = versions.map(\.schema.version)
    let isInOrder = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    guard isInOrder else {
      return [
        """
        \(type): the versions stand as \(numbers.map(String.init).joined(separator: ", ")). List \
        them oldest first, each number once: a number is never used for two shapes.
        """
      ]
    }
    return versions.flatMap(\.problems) + foreignNames + strayFiles + misreadingsOfOwn
      + misdowncasts
      + incompatibilities().map { "\(type) promises \(compatibility.rawValue): \($0)" }
      + unpinnedUpcasts
  }

  private var foreignNames: [String] {
    versions.filter { $0.schema.type != type }.map {
      "\($0.name) is listed among the versions of \(type): give it that name, or list it elsewhere."
    }
  }

  private var strayFiles: [String] {
    strays.map {
      "\($0.name) is of no version of \(type): name it after the version that it is of."
    }
  }

  /// What older payloads become must not change by itself either.
  private var unpinnedUpcasts: [String] {
    versions.dropLast().flatMap { older in
      older.golden.compactMap { golden in
        guard let data = try? upcast(golden.data, from: older, to: newest),
          !newest.golden.contains(where: { $0.data == data })
        else { return nil }
        return """
          \(golden.name), read as version \(newest.schema.version), is none of its golden payloads. \
          If it is right, add it as \(newest.name).from-v\(older.schema.version).json:
          \(String(decoding: data, as: UTF8.self))
          """
      }
    }
  }
}

extension RegisteredVersion {
  fileprivate var problems: [String] {
    if case .unpinnable(let reason) = shape { return ["\(name) has no shape to pin. \(reason)."] }
    return missingGolden + unshownFields + unstableGolden
  }

  private var missingGolden: [String] {
    guard !golden.contains(where: { $0.name == "\(name).json" }) else { return [] }
    let example = (try? JSONEncoder.wire.encode(shape.example)).map {
      String(decoding: $0, as: UTF8.self)
    }
    return [
      """
      \(name) has no golden file. Add \(name).json, a payload in which everything is there, for \
      example:
      \(example ?? "")
      """
    ]
  }

  private var unshownFields: [String] {
    guard !golden.isEmpty else { return [] }
    return shape.fields.compactMap { path, _ in
      let keys = path.filter { $0 != "?" }.split(separator: ".").map(String.init)
      guard !golden.contains(where: { $0.value.has(keys[...]) }) else { return nil }
      return """
        \(name): no golden file has the field \(path). A field that joins a version comes with a \
        golden file: add \(name).<case>.json with it; the old files stay.
        """
    }
  }

  private var unstableGolden: [String] {
    golden.compactMap { golden in
      do {
        let written = try rewrite(golden.data)
        guard written != golden.data else { return nil }
        return """
          \(golden.name) is read, and written differently. What was published must mean the same: \
          put the fields back that are lost.
          \(String(decoding: written, as: UTF8.self))
          """
      } catch {
        let problem = DecodingProblem(error, in: golden.data, expecting: shape)
        return """
          \(golden.name) is not read any more: \(problem). It was published: put back \
          what reads it, and make a new version for what is new.
          """
      }
    }
  }

  fileprivate var isRetired: String {
    "\(name) is retired: its number is never used again. Take the next one."
  }
}

extension JSONValue {
  fileprivate func has(_ keys: ArraySlice<String>) -> Bool {
    guard let key = keys.first else { return self != .null }
    let rest = keys.dropFirst()
    guard key.hasSuffix("[]") else { return self[key]?.has(rest) ?? false }
    guard case .array(let items)? = self[String(key.dropLast(2))] else { return false }
    return items.contains { $0.has(rest) }
  }
}

// MARK: Sentences about lines

extension String {
  fileprivate var isGone: String {
    """
    \(self) is pinned, and not registered any more. Its events are in logs: put it back. To rename \
    an event, add one with the new name beside it, as the recipe says.
    """
  }
}

extension SchemaLock.Line {
  private var place: String { "\(type)\(version.map { " version \($0)" } ?? "")" }

  fileprivate var versionIsGone: String {
    """
    \(place) is pinned, and not there any more. Its events are in logs: put its type back, with its \
    upcaster, and list it in `past`. When no log and no pin can have it any more, retire it, as the \
    recipe says, with the line: \(type) v\(version.text) retired
    """
  }

  fileprivate func hasChanged(to present: SchemaLock.Line?) -> String? {
    switch (kind, present) {
    case ("field", nil):
      "\(place): the field \(name) was removed, and older readers may need it. Put it back; a new "
        + "version may leave it out."
    case ("field", let present?) where present.value != value:
      "\(place): the field \(name) was \(value), and is \(present.value). Make it \(value) again; a "
        + "new version may have it otherwise."
    case ("field", let present?):
      "\(place): the field \(name) is \(present.name) now, so that it may be absent where it was "
        + "not, or must be there where it need not be. Put it back; a new version may change it."
    case ("golden", nil):
      "\(place): the golden file \(name) is gone. What was published stays readable: put it back."
    case ("golden", _):
      "\(place): the golden file \(name) was changed. Put it back, and add another file for "
        + "another case."
    case ("least-reader", let present?):
      "\(place): the least reader was \(value), and is \(present.value). It stands in the headers of "
        + "logs: put it back; a new version may have another."
    case ("compatibility", let present?):
      "\(place): \(value) was promised, and now \(present.value). Teams deploy by that promise: "
        + "put it back, or agree with them and change the line."
    case (_, let present?):
      "\(place): \(kind) was \(value), and is \(present.value). Topics are named by it: put it back."
    case (_, nil): nil
    }
  }

  fileprivate var mayNotJoin: String {
    """
    \(place): the field \(name) cannot join a pinned version, since older payloads lack it. Make it \
    optional, or make a new version.
    """
  }
}

extension UInt16? {
  fileprivate var text: String { map(String.init) ?? "" }
}
