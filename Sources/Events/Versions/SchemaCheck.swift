// What is wrong with a registry, each in a sentence that says what to do. A test of whoever owns
// the registry expects none.

import FoundationEssentials

extension Registry {
  /// Everything that would break somebody: what differs from the lock, what an event's promised
  /// compatibility does not allow, and what is not pinned yet.
  public func problems(with lock: SchemaLock) -> [String] {
    twice + events.flatMap(\.problems) + changed(since: lock) + added(since: lock)
  }

  private var twice: [String] {
    zip(events, events.dropFirst()).filter { $0.type == $1.type }.map {
      "\($1.type) is registered twice: an event has one name, one stream and one list of versions."
    }
  }

  /// What was pinned, and is not so any more.
  ///
  /// - Parameters:
  ///   - lock: what was pinned, on another day perhaps.
  ///   - present: the lock of today, which may have retired versions since.
  public func changed(since lock: SchemaLock, present: SchemaLock? = nil) -> [String] {
    let facts = Dictionary(
      self.lock.lines.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    let retired = lock.retired.union(present?.retired ?? [])
    var told: Set<[String]> = []
    return lock.lines.compactMap { pinned in
      guard facts[pinned.identity] != pinned else { return nil }
      if let version = pinned.version, retired.contains(pinned.key) {
        // Its lines stay, so that nobody takes its number again.
        return pinned.kind == "retired" ? self[pinned.type]?[version]?.isRetired : nil
      }
      guard let event = self[pinned.type] else {
        let isRetired = lock.versions(of: pinned.type).isSubset(of: retired)
        return !isRetired && told.insert([pinned.type]).inserted ? pinned.type.isGone : nil
      }
      if let number = pinned.version, event[number] == nil {
        return told.insert(pinned.key).inserted ? pinned.versionIsGone : nil
      }
      return pinned.hasChanged(to: facts[pinned.identity])
    }
  }

  /// What is not pinned yet, with the lines that pin it, where it may be.
  private func added(since lock: SchemaLock) -> [String] {
    let pinned = Set(lock.lines.map(\.identity))
    let versions = Set(lock.lines.map(\.key))
    let new = self.lock.lines.filter { !pinned.contains($0.identity) }
    let forbidden = new.filter {
      $0.isRequired(in: pinned) && versions.contains($0.key)
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

extension SchemaLock {
  /// The versions whose numbers are never used again, as type and number.
  fileprivate var retired: Set<[String]> {
    Set(lines.filter { $0.kind == "retired" }.map(\.key))
  }

  fileprivate func versions(of type: String) -> Set<[String]> {
    Set(lines.filter { $0.type == type && $0.version != nil }.map(\.key))
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
    return versions.flatMap(\.problems) + foreignNames + strayFiles + brokenChain
      + misreadingsOfOwn + misdowncasts + unpinnedDowncasts
      + incompatibilities().map { "\(type) promises \(compatibility.rawValue): \($0)" }
      + unpinnedUpcasts
  }

  private var foreignNames: [String] {
    versions.filter { $0.schema.type != type }.map {
      "\($0.name) is listed among the versions of \(type): give it that name, or list it elsewhere."
    }
  }

  /// Each version must become the one that comes after it, and no other.
  private var brokenChain: [String] {
    zip(versions, versions.dropFirst()).filter { $0.next != $1.schema }.map { older, newer in
      """
      \(older.name) becomes version \(older.next?.version ?? 0), and the one after it is \
      \(newer.schema.version): let its upcast, and its downcast, be from and to \(newer.name).
      """
    }
  }

  /// What newer payloads become in a version that can still be published is pinned too.
  private var unpinnedDowncasts: [String] {
    zip(versions, versions.dropFirst()).flatMap { older, newer -> [String] in
      guard let downcast = older.downcast else { return [] }
      let said = newer.golden.compactMap { golden in
        (try? downcast(golden.data)).map { (golden: golden, data: $0) }
      }
      guard !said.isEmpty || newer.golden.isEmpty else {
        return [
          """
          \(older.name): none of the golden files of \(newer.name) can be said in it. Add one that \
          can, or let it not be Downcastable.
          """
        ]
      }
      return said.filter { said in !older.golden.contains { $0.data == said.data } }.map {
        """
        \($0.golden.name), said in version \(older.schema.version), is none of its golden payloads. \
        If it is right, add it as \(older.name).from-v\(newer.schema.version).json:
        \(String(decoding: $0.data, as: UTF8.self))
        """
      }
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
    return missingGolden + unshownFields + unshownAbsence + unstableGolden + laxFields
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
      guard !golden.contains(where: { $0.value.has(path.keys[...]) }) else { return nil }
      return """
        \(name): no golden file has the field \(path). A field that joins a version comes with a \
        golden file: add \(name).<case>.json with it; the old files stay.
        """
    }
  }

  /// What is absent must be seen to stay absent, through every upcast.
  private var unshownAbsence: [String] {
    guard !golden.isEmpty else { return [] }
    return shape.fields.compactMap { path, _ in
      guard path.hasSuffix("?"),
        golden.allSatisfy({ $0.value.has(path.keys[...], isElsewhereTrue: true) })
      else { return nil }
      return """
        \(name): no golden file is without the field \(path). Add \(name).<case>.json, so that what \
        is unknown stays unknown in every version.
        """
    }
  }

  /// A field that is read in another way than the shape says: by `try?`, or by `contains`.
  private var laxFields: [String] {
    golden.flatMap { golden in
      shape.misfits(of: golden.value).compactMap { misfit in
        guard let data = try? JSONEncoder.wire.encode(misfit.value), (try? rewrite(data)) != nil
        else { return nil }
        return """
          \(golden.name) is read although \(misfit.name). Read what may be absent with \
          decodeIfPresent, and everything as one type, so that it can be pinned.
          """
      }
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
  /// Whether there is something at a path.
  ///
  /// - Parameter isElsewhereTrue: the answer where the path's parent is not there.
  fileprivate func has(_ keys: ArraySlice<String>, isElsewhereTrue: Bool = false) -> Bool {
    guard let key = keys.first else { return self != .null }
    let rest = keys.dropFirst()
    let lists = key.components(of: "[]")
    guard let member = self[String(key.dropLast(2 * lists))], member != .null else {
      return isElsewhereTrue && !rest.isEmpty
    }
    return member.elements(depth: lists).contains { $0.has(rest, isElsewhereTrue: isElsewhereTrue) }
  }

  /// The elements of lists of lists.
  private func elements(depth: Int) -> [JSONValue] {
    guard depth > 0 else { return [self] }
    guard case .array(let items) = self else { return [] }
    return items.flatMap { $0.elements(depth: depth - 1) }
  }
}

extension String {
  /// The keys of a field's path.
  fileprivate var keys: [String] {
    filter { $0 != "?" }.split(separator: ".").map(String.init)
  }

  /// How often a text stands at the end.
  fileprivate func components(of suffix: String) -> Int {
    hasSuffix(suffix) ? 1 + String(dropLast(suffix.count)).components(of: suffix) : 0
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

  /// Its event and version.
  fileprivate var key: [String] { [type, version.text] }

  /// Whether it is a field that must be there in an object that others have written without it.
  fileprivate func isRequired(in pinned: Set<[String]>) -> Bool {
    guard kind == "field", !name.hasSuffix("?") else { return false }
    let parent = plainName.split(separator: ".").dropLast().joined(separator: ".")
    let object = SchemaLock.Line(
      type, version, kind, name: parent.filter { !"[]".contains($0) }, "")
    return parent.isEmpty || pinned.contains(object.identity)
  }

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
        + "put it back."
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
