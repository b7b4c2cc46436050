// The problems of a registry, each a sentence with its remedy. A test of the owner of the registry
// expects none. This file has the differences from the lock; EventCheck has the others.

import Events

extension Registry {
  /// The problems of the registry: differences from the lock, changes that an event's promised
  /// compatibility does not allow, and versions that are not pinned yet.
  public func problems(with lock: SchemaLock) -> [String] {
    twice + events.flatMap(\.problems) + changed(since: lock) + added(since: lock)
  }

  private var twice: [String] {
    zip(events, events.dropFirst()).filter { $0.type == $1.type }.map {
      "\($1.type) is registered twice: an event has one name, one stream and one list of versions."
    }
  }

  /// The pinned facts that have changed.
  ///
  /// - Parameters:
  ///   - lock: the pinned facts, perhaps of an earlier time.
  ///   - present: the present lock, which may have retired versions since.
  public func changed(since lock: SchemaLock, present: SchemaLock? = nil) -> [String] {
    let facts = Dictionary(
      self.lock.lines.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    let retired = lock.retired.union(present?.retired ?? [])
    var reported: Set<[String]> = []
    return lock.lines.compactMap { pinned in
      guard facts[pinned.identity] != pinned else { return nil }
      if let version = pinned.version, retired.contains(pinned.key) {
        // The lines stay, so that the number is not used again.
        return pinned.kind == "retired" ? self[pinned.type]?[version]?.isRetired : nil
      }
      guard let event = self[pinned.type] else {
        let isRetired = lock.versions(of: pinned.type).isSubset(of: retired)
        return !isRetired && reported.insert([pinned.type]).inserted ? pinned.type.isGone : nil
      }
      if let number = pinned.version, event[number] == nil {
        return reported.insert(pinned.key).inserted ? pinned.versionIsGone : nil
      }
      return pinned.hasChanged(to: facts[pinned.identity])
    }
  }

  /// The facts that are not pinned yet, with the lines that pin them, where they may be pinned.
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
      These facts are not pinned yet. When they are final, add these lines to the lock file:
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

extension RegisteredVersion {
  fileprivate var isRetired: String {
    "\(name) is retired: its number is never used again. Take the next one."
  }
}

// MARK: Sentences about lines

extension String {
  fileprivate var isGone: String {
    """
    \(self) is pinned, and not registered any more. Logs contain its events: put it back. To rename \
    an event, add one with the new name beside it, by the recipe.
    """
  }
}

extension SchemaLock.Line {
  private var place: String { "\(type)\(version.map { " version \($0)" } ?? "")" }

  /// Its event and version.
  fileprivate var key: [String] { [type, version.text] }

  /// Whether it is a required field of an object that older payloads have without it.
  fileprivate func isRequired(in pinned: Set<[String]>) -> Bool {
    guard kind == "field", !name.hasSuffix("?") else { return false }
    let parent = plainName.split(separator: ".").dropLast().joined(separator: ".")
    let object = SchemaLock.Line(
      type, version: version, kind: kind, name: parent.filter { !"[]".contains($0) }, value: "")
    return parent.isEmpty || pinned.contains(object.identity)
  }

  fileprivate var versionIsGone: String {
    """
    \(place) is pinned, and missing. Logs contain its events: put its type back, with its \
    upcaster, and list it in `past`. When no log and no pin can have it any more, retire it, by \
    the recipe, with the line: \(type) v\(version.text) retired
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
    \(place): the field \(name) cannot join a pinned version, since older payloads do not have it. \
    Make it optional, or make a new version.
    """
  }
}

extension UInt16? {
  fileprivate var text: String { map(String.init) ?? "" }
}
