// The problems of an event and its versions alone, independent of the lock.

import Events
import FoundationEssentials

extension RegisteredEvent {
  /// The problems of the event alone, independent of the lock.
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

  /// The downcast of a newer payload to a version that can still be published is pinned too.
  private var unpinnedDowncasts: [String] {
    zip(versions, versions.dropFirst()).flatMap { older, newer -> [String] in
      guard let downcast = older.downcast else { return [] }
      let downcasts = newer.golden.compactMap { golden in
        (try? downcast(golden.data)).map { (golden: golden, data: $0) }
      }
      guard !downcasts.isEmpty || newer.golden.isEmpty else {
        return [
          """
          \(older.name): none of the golden files of \(newer.name) can be downcast to it. Add \
          one that can, or let it not be Downcastable.
          """
        ]
      }
      return downcasts.filter { made in !older.golden.contains { $0.data == made.data } }.map {
        """
        \($0.golden.name), downcast to version \(older.schema.version), is none of its golden \
        payloads. If it is right, add it as \(older.name).from-v\(newer.schema.version).json:
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

  /// The upcast of an older payload is pinned too.
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
    let example = (try? shape.example.json()).map {
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

  /// A golden file must show that an absent field stays absent, through every upcast.
  private var unshownAbsence: [String] {
    guard !golden.isEmpty else { return [] }
    return shape.fields.compactMap { path, _ in
      guard path.hasSuffix("?"),
        golden.allSatisfy({ $0.value.has(path.keys[...], isTrueOfNoParent: true) })
      else { return nil }
      return """
        \(name): no golden file is without the field \(path). Add \(name).<case>.json, so that what \
        is unknown stays unknown in every version.
        """
    }
  }

  /// A field that is read differently from the shape: by `try?`, or by `contains`.
  private var laxFields: [String] {
    golden.flatMap { golden in
      shape.misfits(of: golden.value).compactMap { misfit in
        guard let data = try? misfit.value.json(), (try? rewrite(data)) != nil
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
        let problem = DecodingProblem(error)
        return """
          \(golden.name) is not read any more: \(problem). It was published: put back \
          the code that reads it, and make a new version for the change.
          """
      }
    }
  }
}

extension JSONValue {
  /// Whether a path has a value.
  ///
  /// - Parameter isTrueOfNoParent: the result where a parent of the path is absent.
  fileprivate func has(_ keys: ArraySlice<String>, isTrueOfNoParent: Bool = false) -> Bool {
    guard let key = keys.first else { return self != .null }
    let rest = keys.dropFirst()
    let lists = key.repetitions(of: "[]")
    guard let member = self[String(key.dropLast(2 * lists))], member != .null else {
      return isTrueOfNoParent && !rest.isEmpty
    }
    return member.elements(depth: lists).contains {
      $0.has(rest, isTrueOfNoParent: isTrueOfNoParent)
    }
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

  /// The number of times that the text ends with a suffix.
  fileprivate func repetitions(of suffix: String) -> Int {
    hasSuffix(suffix) ? 1 + String(dropLast(suffix.count)).repetitions(of: suffix) : 0
  }
}
