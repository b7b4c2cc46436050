import Foundation
import Testing

/// A page of a service.
struct FoundPage: Sendable, CustomStringConvertible {
  let address: String
  /// The service and the path without identifiers, as a file's name: `alpha-orders-id`.
  let name: String

  var description: String { name }

  /// The path, with ID for each identifier in it: `/orders/ID`.
  var kind: String {
    let parts = (URL(string: address)?.path ?? "").split(separator: "/").map { part in
      part.wholeMatch(of: /[0-9a-f-]{20,}|[0-9]+/) == nil ? String(part) : "ID"
    }
    return "/" + parts.joined(separator: "/")
  }
}

extension Site {
  /// The pages that the design of the pages names; the others are found by their links.
  private static let starts: [ServiceName: [String]] = [
    .alpha: ["/", "/settings", "/pane", "/health", "/pane/health"],
    .beta: ["/", "/pane", "/pane/health"],
    .charlie: ["/", "/ledger", "/fees", "/pane", "/health", "/pane/health"],
    .overlord: ["/", "/events", "/health", "/schemas"],
  ]

  /// The kinds of pages that a site has too, once it is filled.
  private static let further: [ServiceName: Set<String>] = [
    .alpha: ["/orders/ID", "/dead-letters/ID"], .beta: ["/carts/ID"], .charlie: [],
    .overlord: ["/events/ID", "/traces/ID"],
  ]

  /// Follows all links from the first pages on, and returns each kind of page once, and those that
  /// are named.
  ///
  /// Each link must lead to something.
  func pages(in tab: Tab, and more: [FoundPage]) async throws -> [FoundPage] {
    let named = Set(more.map(\.address))
    var pages: [FoundPage] = []
    for service in ServiceName.allCases {
      try await tab.open(address(service))
      let starts = (Self.starts[service] ?? []).map { address(service, $0) }
      let own = more.filter { $0.address.hasPrefix(address(service)) }
      let addresses = (own.map(\.address) + starts).map { JSON(stringLiteral: $0) }
      var kinds: Set<String> = []
      for page in try await tab.run(Self.crawl, JSON(list: addresses)).list {
        let address = page["address"].text
        #expect(page["status"] == 200, "\(address) is linked")
        guard page["isPage"] == true, page["status"] == 200 else { continue }
        let found = FoundPage(address: address, name: "\(service)\(page["kind"].text)")
        kinds.insert(found.kind)
        if !named.contains(address) { pages.append(found) }
      }
      pages += own
      let all = (Self.further[service] ?? []).union(Self.starts[service] ?? [])
      #expect(all.subtracting(kinds) == [], "each kind of page of \(service) is found")
    }
    return pages
  }

  /// The kinds of pages below some addresses: a path whose identifiers are left out.
  private static let crawl = """
    const queue = arguments[0].map((address) => new URL(address)), found = new Map();
    while (queue.length) {
      const address = queue.shift();
      address.hash = "";
      const path = address.pathname.split("/").map((part) => /^[0-9a-f-]{20,}$|^[0-9]+$/.test(part)
        ? "id" : part).join("-");
      const kind = (path === "-" ? "" : path) + [...address.searchParams.keys()].map((name) => "-" + name).join("");
      if (address.origin !== location.origin || found.has(kind)) continue;
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      const isPage = answer.headers.get("Content-Type").startsWith("text/html");
      found.set(kind, { address: address.href, kind, status: answer.status, isPage });
      if (!isPage) continue;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const each of page.querySelectorAll("main a[href], nav a[href], iframe[src]")) {
        queue.push(new URL(each.getAttribute("href") ?? each.getAttribute("src"), address));
      }
    }
    return [...found.values()];
    """
}
