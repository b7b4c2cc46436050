import Events
public import FoundationEssentials

/// The compatibility that the owners of an event promise to its readers, by the names of schema
/// registries.
///
/// It is checked by decoding: the type of one version reads the golden payloads of the other, and
/// every variant of them that another writer may send.
public enum Compatibility: String, CaseIterable, Sendable {
  /// A new version's reader reads the last version: upgrade readers first.
  case backward = "BACKWARD"
  /// A new version's reader reads every version before it.
  case backwardTransitive = "BACKWARD_TRANSITIVE"
  /// The last version's reader reads a new version: upgrade writers first.
  case forward = "FORWARD"
  /// Every older version's reader reads a new version.
  case forwardTransitive = "FORWARD_TRANSITIVE"
  /// Both: upgrade in any order.
  case full = "FULL"
  /// Both, for all versions.
  case fullTransitive = "FULL_TRANSITIVE"

  /// Whether new readers read old payloads.
  public var isBackward: Bool { self != .forward && self != .forwardTransitive }
  /// Whether old readers read new payloads.
  public var isForward: Bool { self != .backward && self != .backwardTransitive }
  /// Whether it is about all versions, and not only about neighbours.
  public var isTransitive: Bool {
    [.backwardTransitive, .forwardTransitive, .fullTransitive].contains(self)
  }
}

// MARK: By decoding

extension RegisteredEvent {
  /// The violations of the promised compatibility; empty without one.
  ///
  /// - Parameter level: the promise; the event's own by default.
  public func incompatibilities(at level: Compatibility? = nil) -> [String] {
    let level = level ?? compatibility
    return pairs(isTransitive: level.isTransitive).flatMap { older, newer in
      (level.isBackward ? misreadings(of: older, as: newer) : [])
        + (level.isForward ? misreadings(of: newer, as: older) : [])
    }
  }

  /// The versions that are compared, as (older, newer).
  private func pairs(isTransitive: Bool) -> [(RegisteredVersion, RegisteredVersion)] {
    versions.indices.flatMap { newer in
      versions.indices.filter { isTransitive ? $0 < newer : $0 == newer - 1 }
        .map { (versions[$0], versions[newer]) }
    }
  }

  /// The payloads of one version that the reader of another cannot read.
  ///
  /// An older payload is read through the upcasters between, a newer one as it is, where its least
  /// reader allows that.
  public func misreadings(of written: RegisteredVersion, as reader: RegisteredVersion) -> [String] {
    guard written.schema.leastReader <= reader.schema.version else {
      return [
        """
        \(written.name) must not be applied by readers of version \(reader.schema.version): its \
        least reader is \(written.schema.leastReader)
        """
      ]
    }
    return misreadings(of: written, by: "readers of version \(reader.schema.version)") { data in
      let upcast = try upcast(data, from: written, to: reader)
      return try reader.rewrite(upcast)
    }
  }

  /// The downcasts of newer payloads to an older version that can still be published which that
  /// version cannot read.
  var misdowncasts: [String] {
    zip(versions, versions.dropFirst()).flatMap { older, newer -> [String] in
      guard let downcast = older.downcast else { return [] }
      return misreadings(of: newer, by: "the downcast to version \(older.schema.version)") { data in
        do {
          _ = try older.rewrite(try downcast(data))
        } catch is UnsayableFact {}
      }
    }
  }

  /// The payloads of a version that it cannot read itself: two builds with the same version may
  /// differ in their optional fields.
  var misreadingsOfOwn: [String] {
    versions.flatMap { version in
      misreadings(of: version, by: "its own type") { _ = try version.rewrite($0) }
    }
  }

  private func misreadings<Ignored>(
    of written: RegisteredVersion, by reader: String, _ read: (Data) throws -> Ignored
  ) -> [String] {
    written.golden.flatMap { golden in
      written.shape.variants(of: golden.value).compactMap { variant in
        do {
          _ = try read(try variant.value.json())
          return nil
        } catch {
          return """
            \(golden.name) is not read by \(reader) when \(variant.name): \
            \(DecodingProblem(error))
            """
        }
      }
    }
  }

  /// Data of a version, upcast to a later one; unchanged for an earlier one.
  public func upcast(
    _ data: Data, from written: RegisteredVersion, to reader: RegisteredVersion
  ) throws -> Data {
    try versions
      .filter {
        $0.schema.version >= written.schema.version && $0.schema.version < reader.schema.version
      }
      .reduce(data) { try $1.upcast?($0) ?? $0 }
  }
}
