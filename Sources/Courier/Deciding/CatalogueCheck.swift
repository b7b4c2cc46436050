import Events
import Journal

/// Compares the versions that a publisher publishes with those that this service reads.
///
/// It compares at the first contact, and whenever a beat carries another hash. A version that
/// cannot be read is therefore known before its first event. A value without I/O. An older
/// publisher sends no catalogue.
struct CatalogueCheck: Sendable {
  /// The versions that are read of each type with a reaction, oldest first.
  let known: [String: [UInt16]]
  /// The published versions that this service does not know.
  private(set) var lacks: [LackedVersion] = []
  /// The hash of the last beat, and the hash whose catalogue was checked last.
  private var announced: String?
  private var checked: String?
  /// The number of the last request, by which a late answer is distinguished from the last one's.
  private var questions: Int64 = 0

  init(reading known: [String: [UInt16]]) {
    self.known = known
  }

  /// The follower's first request, before it fetches events; nil after it was sent, or where no
  /// reaction reads data.
  mutating func begin() -> LogRequest? {
    questions == 0 && !known.isEmpty ? ask() : nil
  }

  /// A beat has brought the hash of the publisher's catalogue.
  ///
  /// - Returns: the request for the catalogue, if the hash is new; repeated at each beat until it
  ///   is answered.
  mutating func receive(_ hash: String?) -> LogRequest? {
    announced = hash
    if hash == nil {
      checked = nil
      lacks = []
    }
    return hash != checked && !known.isEmpty ? ask() : nil
  }

  private mutating func ask() -> LogRequest {
    questions += 1
    return .status(id)
  }

  private var id: JSONValue { .string("catalogue-\(questions)") }

  /// Whether an answer belongs to a request of this check, late or not.
  static func isItsOwn(_ id: JSONValue?) -> Bool {
    id?.string?.hasPrefix("catalogue-") ?? false
  }

  /// The publisher has sent its catalogue.
  ///
  /// - Returns: whether there is something new to report.
  mutating func take(_ answer: StatusAnswer) -> Bool {
    guard answer.id == id else { return false }
    checked = announced
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
