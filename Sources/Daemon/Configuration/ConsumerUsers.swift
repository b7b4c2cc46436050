import Glibc
import Journal

/// Reads the names of consumers.
func readConsumers(_ text: String) throws(BadValue) -> [String] {
  let names = try readList(text)
  guard names.count <= ExpectedConsumers.limit else {
    throw BadValue(
      "names \(names.count) consumers; a log has at most \(ExpectedConsumers.limit)")
  }
  guard let wrong = names.first(where: { !ExpectedConsumers.isName($0) }) else { return names }
  throw BadValue("names “\(wrong)”; a consumer's name is 1 to 64 visible ASCII characters")
}

/// Reads which users may acknowledge for which consumers: each entry is `NAME=USER`.
func readUsers(_ text: String) throws(BadValue) -> [String] {
  let entries = try readList(text)
  for entry in entries {
    guard let (name, user) = consumerUser(entry) else {
      throw BadValue("must be NAME=USER with commas between")
    }
    guard userID(user) != nil else {
      throw BadValue("names “\(user)” for \(name), and it is no user of this machine")
    }
  }
  return entries
}

/// Takes a `NAME=USER` apart; nil for anything else.
///
/// A consumer's name may have `=` in it, a user's may not.
func consumerUser(_ entry: String) -> (name: String, user: String)? {
  guard let sign = entry.lastIndex(of: "="), sign > entry.startIndex,
    entry.index(after: sign) < entry.endIndex
  else { return nil }
  return (String(entry[..<sign]), String(entry[entry.index(after: sign)...]))
}

/// The id of a user, by number or by name; nil for an unknown name.
func userID(_ text: String) -> UInt32? {
  if let number = UInt32(text) { return number }
  guard let entry = getpwnam(text) else { return nil }
  return entry.pointee.pw_uid
}

extension ServiceConfiguration {
  /// The consumers of the service's log, and the users that may acknowledge for them.
  var expectedConsumers: ExpectedConsumers {
    var users: [String: Set<UInt32>] = [:]
    for (name, user) in self[ConsumerKeys.users].compactMap(consumerUser) {
      if let id = userID(user) { users[name, default: []].insert(id) }
    }
    return ExpectedConsumers(self[ConsumerKeys.consumers()], users: users)
  }
}
