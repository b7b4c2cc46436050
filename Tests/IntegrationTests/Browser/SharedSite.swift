import Testing

/// The four services and a browser that the tests of a suite share, one after another: the start of
/// both takes longer than most of these tests.
///
/// Each test finds what the tests before it have left, so it looks at its own orders alone, and says
/// by which settings it orders.
struct SharedSite: SuiteTrait, TestScoping {
  @TaskLocal static var current: SharedSite.Scene?

  struct Scene: Sendable {
    let site: Site
    let browser: Browser
    /// A page of each kind and of each state; empty where the suite asked for none.
    let pages: [FoundPage]
  }

  /// Whether the services have orders in all states, and a dead letter, from the beginning.
  let isFilled: Bool

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await withSite { site, browser in
      let pages = isFilled ? try await pages(of: site, in: browser) : []
      let scene = Scene(site: site, browser: browser, pages: pages)
      try await Self.$current.withValue(scene) { try await body() }
    }
  }

  private func pages(of site: Site, in browser: Browser) async throws -> [FoundPage] {
    let tab = try await browser.tab(at: site.address(.beta))
    let pages = try await site.pages(in: tab, and: try await site.fill(by: tab))
    try await browser.expectNoErrors()
    try await browser.closeTabs()
    return pages
  }
}

extension Trait where Self == SharedSite {
  static var sharingSite: Self { SharedSite(isFilled: false) }
  static var sharingFilledSite: Self { SharedSite(isFilled: true) }
}

/// Gives a test the site and the browser of its suite, and closes its tabs at its end.
func withSharedSite(_ test: (SharedSite.Scene) async throws -> Void) async throws {
  let scene = try #require(SharedSite.current)
  // What the console has is of this test alone.
  _ = try await scene.browser.errors()
  let result: Result<Void, any Error>
  do {
    result = .success(try await test(scene))
  } catch {
    result = .failure(error)
  }
  try await scene.browser.closeTabs()
  try result.get()
}
