import Events
import Journal

/// Compares the versions that a publisher publishes with those that are read here, whenever a beat
/// tells of another catalogue: so what is too new is known before the first such event comes.
///
/// A value without I/O. A publisher that tells no catalogue is an older one, and is not asked.
struct CatalogueCheck: Sendable {
  /// By this id the answer is told from one to a fetch.
  static let requestID = JSONValue.string("catalogue")

  /// The newest version that is read of each type that somebody here reacts to.
  let known: [String: UInt16]
  /// The versions that are newer than that.
  private(set) var newer: [NewerVersion] = []
  private var heard: String?
  private var compared: String?

  init(reading known: [String: UInt16]) {
    self.known = known
  }

  /// A beat has told the hash of the publisher's catalogue.
  ///
  /// - Returns: whether to ask for the catalogue; again at the next beat, until it is answered.
  mutating func hear(_ hash: String?) -> Bool {
    heard = hash
    if hash == nil { (compared, newer) = (nil, []) }
    return hash != compared && !known.isEmpty
  }

  /// The publisher has told its catalogue.
  ///
  /// - Returns: whether there is news for people.
  mutating func take(_ catalogue: Catalogue?) -> Bool {
    guard heard != compared else { return false }
    compared = heard
    let before = newer
    newer = (catalogue?.schemas ?? []).compactMap { schema in
      known[schema.type].flatMap { $0 < schema.version ? NewerVersion(schema, known: $0) : nil }
    }
    return newer != before && !newer.isEmpty
  }
}
