import Events
import FoundationEssentials
import Journal

/// A value that was read and is right.
enum ConfigurationValue: Hashable, Sendable {
  case text(String)
  case number(Int)
  case list([String])
  /// The address of a database, of which the password is never shown.
  case database(PostgreSQLAddress)

  /// The value of a number.
  var number: Int? {
    if case .number(let number) = self { number } else { nil }
  }

  /// The value of a list.
  var list: [String]? {
    if case .list(let names) = self { names } else { nil }
  }

  /// The value of an address.
  var database: PostgreSQLAddress? {
    if case .database(let address) = self { address } else { nil }
  }

  /// The value as a person would write it, without a password.
  var text: String {
    switch self {
    case .text(let text): text
    case .number(let number): String(number)
    case .list(let names): names.joined(separator: ",")
    case .database(let address): address.description
    }
  }
}

/// The reason for which a text is no value of its kind: the end of a sentence.
struct BadValue: Error {
  let sentence: String

  init(_ sentence: String) {
    self.sentence = sentence
  }
}

extension KeyDeclaration.Kind {
  /// Reads a text as a value of this kind.
  ///
  /// - Parameter folder: the working directory, for relative paths.
  func read(_ text: String, from folder: String) throws(BadValue) -> ConfigurationValue {
    switch self {
    case .text:
      guard !text.isEmpty else { throw BadValue("must not be empty") }
      return .text(text)
    case .number(let range):
      guard let number = Int(text), range.contains(number) else {
        throw BadValue(
          "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return .number(number)
    case .choice(let words):
      guard words.contains(text) else {
        throw BadValue("must be one of \(words.joined(separator: ", "))")
      }
      return .text(text)
    case .list: return .list(try readList(text))
    case .consumers: return .list(try readConsumers(text))
    case .users: return .list(try readUsers(text))
    case .folder:
      guard !text.isEmpty else { throw BadValue("must name a folder") }
      return .text(absolute(text, in: folder))
    case .endpoint: return .text(try readEndpoint(text, in: folder))
    case .endpoints: return .list(try readEndpoints(text, in: folder))
    case .replica: return .text(try readReplica(text))
    case .user: return .number(try readUser(text))
    case .socket:
      guard !text.isEmpty else { throw BadValue("must name a socket") }
      return .text(try readSocketPath(text, in: folder))
    case .names: return .list(try readNames(text))
    case .origins: return .list(try readOrigins(text))
    case .link: return .text(try readLink(text))
    case .collector: return .text(try readCollector(text))
    case .database: return try readDatabase(text)
    case .pins(let events):
      let pins = try readList(text)
      do {
        _ = try Publishing(events, pins: pins)
      } catch {
        throw BadValue("cannot be kept: \(error)")
      }
      return .list(pins)
    }
  }

  /// The allowed values, for `--help`.
  var text: String {
    switch self {
    case .text: "text"
    case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): words.joined(separator: ", ")
    case .list: "names with commas between"
    case .consumers: "at most \(ExpectedConsumers.limit) names with commas between"
    case .users: "NAME=USER with commas between"
    case .folder: "a folder"
    case .endpoint: "ipc://PATH or tcp://HOST:PORT"
    case .endpoints: "ipc://PATH or tcp://HOST:PORT, with commas between"
    case .replica: "a name, or none"
    case .user: "a user's name or number"
    case .socket: "the path of a socket"
    case .names: "HOST or HOST:PORT, with commas between"
    case .origins: "http://HOST:PORT or https://HOST:PORT, with commas between"
    case .link: "http://HOST:PORT"
    case .collector: "http://HOST:PORT or https://HOST:PORT, or none"
    case .database: "postgresql://USER@HOST:PORT/DATABASE, or none"
    case .pins: "TYPE=VERSION with commas between"
    }
  }
}

func readList(_ text: String) throws(BadValue) -> [String] {
  guard !text.allSatisfy({ $0 == " " }) else { return [] }
  var names: [String] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    let name = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    guard !name.isEmpty, !names.contains(name) else {
      throw BadValue("must be names with commas between, each once")
    }
    names.append(name)
  }
  return names
}

private func readEndpoints(_ text: String, in folder: String) throws(BadValue) -> [String] {
  var endpoints: [String] = []
  for endpoint in try readList(text) { endpoints.append(try readEndpoint(endpoint, in: folder)) }
  guard !endpoints.isEmpty else { throw BadValue("must name an address") }
  return endpoints
}

private func readReplica(_ text: String) throws(BadValue) -> String {
  let isName = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
  guard isName, text.utf8.count <= 32 else {
    throw BadValue("must have 32 letters, digits, dots, hyphens and underscores at most")
  }
  return text
}

private func readLink(_ text: String) throws(BadValue) -> String {
  guard let link = URL(string: text), link.scheme == "http" || link.scheme == "https",
    link.host()?.isEmpty == false
  else { throw BadValue("must begin with http:// or https:// and name a host") }
  return text
}

private func readCollector(_ text: String) throws(BadValue) -> String {
  guard !text.isEmpty else { return text }
  guard let link = URL(string: text), link.scheme == "http", link.host()?.isEmpty == false,
    link.query == nil, link.fragment == nil, link.user == nil,
    link.port.map({ (1...65_535).contains($0) }) ?? true
  else {
    throw BadValue(
      """
      must be the address of a collector of OTLP over HTTP, such as http://127.0.0.1:4318, \
      or be empty; for https, name a collector on this machine that passes the spans on
      """)
  }
  return text
}

private func readDatabase(_ text: String) throws(BadValue) -> ConfigurationValue {
  guard !text.isEmpty else { return .text(text) }
  do {
    return .database(try PostgreSQLAddress(text))
  } catch {
    throw BadValue(error.description)
  }
}

private func readEndpoint(_ text: String, in folder: String) throws(BadValue) -> String {
  if text.hasPrefix("ipc://"), text.count > 6 {
    return "ipc://" + (try readSocketPath(String(text.dropFirst(6)), in: folder))
  }
  let address = text.hasPrefix("tcp://") ? text.dropFirst(6) : ""
  guard let colon = address.lastIndex(of: ":"), colon > address.startIndex,
    let port = UInt16(address[address.index(after: colon)...]), port > 0
  else { throw BadValue("must be ipc://PATH or tcp://HOST:PORT") }
  return text
}

private func readUser(_ text: String) throws(BadValue) -> Int {
  // -1 is no user: it means "unchanged" in system calls.
  if let number = UInt32(text), number < .max { return Int(number) }
  guard let number = userNumber(text) else {
    throw BadValue("must be a user of this machine, by name or number")
  }
  return Int(number)
}

private func readSocketPath(_ text: String, in folder: String) throws(BadValue) -> String {
  let path = absolute(text, in: folder)
  guard path.utf8.count <= maxSocketPath else {
    throw BadValue(
      """
      has a path of \(path.utf8.count) bytes, and the path of a socket has at most \
      \(maxSocketPath); name a shorter one, or a shorter run directory (--run)
      """)
  }
  return path
}

private func readNames(_ text: String) throws(BadValue) -> [String] {
  let names = try readList(text)
  guard names.allSatisfy({ OwnNames.Name($0) != nil }) else {
    throw BadValue(
      "must be names such as orders.example or orders.example:8443, with commas between")
  }
  return names
}

private func readOrigins(_ text: String) throws(BadValue) -> [String] {
  let origins = try readList(text)
  for origin in origins {
    let host = ["http://", "https://"].first(where: origin.hasPrefix).map {
      origin.dropFirst($0.count)
    }
    let name = host.map { $0.hasSuffix(":*") ? String($0.dropLast(2)) : String($0) }
    guard let name, OwnNames.Name(name) != nil else {
      throw BadValue(
        "must be origins such as https://overlord.example or http://127.0.0.1:*, with commas between"
      )
    }
  }
  return origins
}

/// The size of `sockaddr_un` without the zero at its end.
private let maxSocketPath = 107

/// A path from the root: relative ones are meant from a folder.
package func absolute(_ path: String, in folder: String) -> String {
  let whole = path.hasPrefix("/") ? path : folder + "/" + path
  return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}
