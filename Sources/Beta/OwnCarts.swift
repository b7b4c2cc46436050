// The carts of one customer: their browser keeps the ids, and no table knows a person.

import Daemon
import Schema

/// The carts that were opened in one browser, the newest first.
struct OwnCarts {
  private static let cookie = "beta-carts"
  private static let limit = 20

  private let ids: [Identifier]

  init(_ request: Request) {
    let texts = request.cookie(Self.cookie)?.split(separator: ".").prefix(Self.limit) ?? []
    ids = texts.compactMap { Identifier(String($0)) }
  }

  /// The response, with which the browser keeps one more cart.
  func adding(_ cart: Identifier, to response: Response) -> Response {
    let kept = [cart] + ids.filter { $0 != cart }.prefix(Self.limit - 1)
    return response.keeping(
      kept.map(\.description).joined(separator: "."), as: Self.cookie, for: .seconds(31_536_000))
  }

  /// Those that still exist.
  func carts(in reader: some Reader) throws -> [Cart] {
    try ids.compactMap { try reader.cart($0) }
  }

  /// The newest of those that still exist; nil without one.
  func newest(in reader: some Reader) throws -> Cart? {
    for id in ids {
      if let cart = try reader.cart(id) { return cart }
    }
    return nil
  }
}
