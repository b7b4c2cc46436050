import Events
import Journal

/// Compares the versions that a publisher publishes with those that are read here.
///
/// It does so when the publisher is first heard, and whenever a beat tells of another catalogue: so a
/// lack is known before it does harm. A value without I/O. A publisher that tells no catalogue is an
/// older one.
struct CatalogueCheck: Sendable {
  /// The versions that are read of each type with a reaction, oldest first.
  let known: [String: [UInt16]]
  /// The versions that are published and not known here.
  private(set) var lacks: [LackedVersion] = []
  /// The hash that was last heard, and the one at which the catalogue was last told.
  private var heard: String?
  private var told: String?
  /// Each question has a number of its own, so that a late answer is told from one to the last.
  private var questions: Int64 = 0

  init(reading known: [String: [UInt16]]) {
    self.known = known
  }

  /// The question with which a follower begins, before it fetches anything; nil where it has begun,
  /// or reads nothing by its data.
  mutating func begin() -> LogRequest? {
    questions == 0 && !known.isEmpty ? ask() : nil
  }

  /// A beat has told the hash of the publisher's catalogue.
  ///
  /// - Returns: what to ask, where it is another one; again at the next beat, until it is answered.
  mutating func hear(_ hash: String?) -> LogRequest? {
    heard = hash
    if hash == nil { (told, lacks) = (nil, []) }
    return hash != told && !known.isEmpty ? ask() : nil
  }

  private mutating func ask() -> LogRequest {
    questions += 1
    return .status(id)
  }

  private var id: JSONValue { .string("catalogue-\(questions)") }

  /// Whether an answer is to a question of this check, late or not.
  static func isItsOwn(_ id: JSONValue?) -> Bool {
    id?.string?.hasPrefix("catalogue-") ?? false
  }

  /// The publisher has told its catalogue.
  ///
  /// - Returns: whether there is news for people.
  mutating func take(_ answer: StatusAnswer) -> Bool {
    guard answer.id == id else { return false }
    told = heard
    let before = lacks
    lacks = (answer.catalogue?.schemas ?? []).compactMap { schema in
      guard let versions = known[schema.type], let newest = versions.last,
        !versions.contains(schema.version)
      else { return nil }
      return LackedVersion(schema, known: newest)
    }
    return lacks != before && !lacks.isEmpty
  }
}
