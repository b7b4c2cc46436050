// Beta captures orders from customers. This file declares the service: its name, its streams, its
// keys, and its tables, reactions and routes.

package import Daemon
import Schema

/// The service that shows the order form and captures orders.
package enum BetaRoom: Room {
  package static let name = "beta"
  package static let port = 3992
  package static let follows = ["alpha"]
  package static let followers = ["alpha", "overlord"]
  package static let publishes: [any Event.Type] = [OrderCaptured.self]
  package static let watchers = ["overlord"]
  package static let keys: [any DeclaredKey] = [cartAge]

  package static var migrations: [Migration] { Tables.migrations }

  package static func api(in shell: Shell) -> [Route] { api(cartAge: shell.configuration[cartAge]) }

  /// Its pages are the customers'.
  package static let pagesAreForOperators = false

  package static func look(in shell: Shell) throws -> PageTemplates? { try look() }

  package static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] {
    pages(look, cartAge: shell.configuration[cartAge])
  }

  /// Withdraws the promises of open carts while Beta publishes a version without them.
  ///
  /// The carts may be many, so each transaction takes a part of them.
  package static func prepare(_ journal: ServiceJournal, in shell: Shell) throws {
    guard journal.publishing.version(of: OrderCaptured.self) < OrderCaptured.promisingVersion else {
      return
    }
    var last: Identifier?
    repeat {
      last = try journal.write { try $0.withdrawPromises(after: last, limit: 500) }
    } while last != nil
  }

  private static let cartAge = ConfigurationKey.seconds(
    "carts.age", in: 1...3_153_600_000, default: 86_400,
    meaning: "how many seconds a cart stays that is not ordered from; a day")
}
