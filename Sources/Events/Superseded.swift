public import Runtime

/// An older version of an event's data, which is still read.
///
/// The versions of an event form a chain, in which each knows the next one only: a new version
/// needs one upcaster, and touches none of the older ones.
public protocol Superseded: Payload {
  /// The version that came after this one.
  associatedtype Next: Payload

  /// The same fact in the next version. A field that this version does not have is absent: unknown,
  /// never zero.
  ///
  /// It may throw where the next version cannot express the fact, for example an amount that
  /// overflows: such an event is a dead letter.
  var upcast: Next { get throws }
}

/// An older version that can still be written, by a service that pins it until all of its
/// consumers read the next one.
public protocol Downcastable: Superseded {
  /// The same fact in this version.
  ///
  /// - Throws: ``UnsayableFact`` when this version cannot express a part whose omission would break
  ///   a promise.
  init(downcasting next: Next) throws
}

/// A fact that an older version cannot express without breaking a promise.
///
/// A rule that may make such a fact checks the published version before it promises anything:
/// ``Publishing/version(of:)``.
public struct UnsayableFact: PermanentFailure, CustomStringConvertible {
  /// The sentence for people.
  public let description: String

  /// - Parameters:
  ///   - schema: the older version.
  ///   - what: the part that it cannot express: `a promise`.
  public init(_ schema: PayloadSchema, lacks what: String) {
    description = "\(schema.type) version \(schema.version) cannot express \(what)"
  }
}

// MARK: Up

extension Superseded {
  /// The data in the newest version, through all versions between.
  func newest<Newest: Event>(as _: Newest.Type) throws -> Newest {
    let next = try upcast
    if let between = next as? any Superseded { return try between.newest(as: Newest.self) }
    guard let newest = next as? Newest else {
      preconditionFailure("the versions of \(Newest.schema.type) are no chain that ends with it")
    }
    return newest
  }

  static func read<Newest: Event>(_ record: Record, as newest: Newest.Type) throws
    -> Envelope<Newest>
  {
    try Envelope<Self>(record, as: schema).map { try $0.newest(as: newest) }
  }
}

// MARK: Down

/// The past version of an event with a number, if the newest can be downcast to it.
package func downcastable(_ event: any Event.Type, to number: UInt16) -> (any Downcastable.Type)? {
  let past = event.past.first { $0.schema.version == number }
  guard let past = past as? any Downcastable.Type, past.isBelow(event) else { return nil }
  return past
}

extension Downcastable {
  /// Whether every version from the newest down to this one can be written.
  fileprivate static func isBelow(_ newest: any Payload.Type) -> Bool {
    let next: any Payload.Type = Next.self
    return next == newest || (next as? any Downcastable.Type)?.isBelow(newest) ?? false
  }

  /// The newest version's data in this version, through all versions between.
  static func downcast(_ newest: some Event) throws -> Self {
    if let next = newest as? Next { return try Self(downcasting: next) }
    let between = try (Next.self as? any Downcastable.Type)?.downcast(newest)
    guard let next = between as? Next else {
      preconditionFailure("\(schema.type) version \(schema.version) is not below \(newest)")
    }
    return try Self(downcasting: next)
  }
}
