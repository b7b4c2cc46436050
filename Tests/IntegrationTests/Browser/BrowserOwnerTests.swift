import Testing

extension Stories {
  /// Work of two people on the same thing, and of an operator.
  @Suite(
    "Browser: owners", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingSite)
  struct BrowserOwners {
    @Test
    func `a conflict of settings shows mine, theirs and what changed, and the form is sent again`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let mine = try await browser.tab(at: site.address(.alpha, "/settings"))
        let theirs = try await browser.tab(at: site.address(.alpha, "/settings"))
        try await mine.fill("#fee", with: "31,50")
        try await theirs.check("#discountEnabled", as: true)
        try await theirs.fill("#discount", with: "4")
        try await theirs.press("Change the settings")
        try await theirs.shows("discount 4.00 USD, on", in: "#done")
        // Their version is on my page, while my form has what I typed.
        try await mine.shows("4.00 USD, on", in: "#history")
        #expect(try await mine.run(Self.typed) == ["31,50", false])

        try await mine.press("Change the settings")
        try await mine.shows("The settings were changed while this form was open.", in: "#conflict")
        #expect(try await mine.run(Tab.focused)[0].text == "conflict")
        let rows = try await mine.run(
          """
          return [...document.querySelectorAll("#conflict tbody tr")].map((row) =>
            [...row.cells].map((cell) => cell.innerText.replace(/\\s+/g, " ").trim()));
          """)
        #expect(
          rows == [
            ["Fee", "25.00 USD, on", "25.00 USD, on", "31.50 USD, on changed"],
            ["Discount", "0.00 USD, off", "4.00 USD, on changed", "0.00 USD, off"],
          ])
        #expect(try await mine.run(Self.typed) == ["31,50", false])
        let before = try await site.deployment.http(.alpha).get("/api/settings").json
        #expect(before["fee"]["amount"] == 2500, "nothing of mine is stored yet")

        try await mine.press("Change the settings")
        try await mine.shows("fee 31.50 USD, on, discount 0.00 USD, off", in: "#done")
        #expect(try await mine.text("#conflict") == "")
        let after = try await site.deployment.http(.alpha).get("/api/settings").json
        #expect(after["fee"]["amount"] == 3150)
        #expect(after["discount"]["enabled"] == false)
      }
    }

    @Test
    func `a dead letter is retried, one is edited first, and one is discarded`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let letters = try await site.killLetters(about: "Lamp", "Rug", "Mug")
        let queue = try await browser.tab(at: site.address(.alpha))
        let alpha = try await browser.tab(at: site.address(.alpha, "/health"))
        try await alpha.shows("3 dead", in: "#dead-count")

        let lamp = "#letter-\(letters[0].letter)"
        try await alpha.press("Retry", in: lamp)
        try await alpha.wait("no letter", until: "!document.querySelector('\(lamp)')")
        try await queue.shows("Lamp", in: "tr#order-\(letters[0].order.id)")

        try await alpha.click(
          "#letter-\(letters[1].letter) .actions a[href$='\(letters[1].letter)']")
        try await alpha.wait("the editor", until: "document.querySelector('#data')")
        let data = try await alpha.run("return document.querySelector('#data').value").text
        #expect(data.contains(letters[1].order.id))
        try await alpha.fill("#data", with: "{\"product\": ")
        try await alpha.press("Save")
        try await alpha.shows("The data is not JSON.", in: "#data-error")
        #expect(try await alpha.run(Tab.focused).list.prefix(2) == ["data", "{\"product\": "])
        let edited = data.replacing("Rug", with: "Rug, red").replacing("\n", with: " ")
        try await alpha.fill("#data", with: edited)
        try await alpha.press("Save")
        try await alpha.shows("edit", in: "#acts")
        #expect(try await site.isUnknown(letters[1].order), "an edit is no retry")
        try await alpha.press("Retry", in: "#decide")
        try await queue.shows("Rug, red", in: "tr#order-\(letters[1].order.id)")

        try await alpha.shows("1 dead", in: "#dead-count")
        let discard = ".actions a[href$='\(letters[2].letter)/discard']"
        try await alpha.click(discard)
        try await alpha.click("#question a.button")
        try await alpha.click("#decide a[href$='/discard']")
        try await alpha.press("Discard", in: "#question")
        try await alpha.wait("none", until: "document.querySelector('#none-dead')")
        #expect(try await site.isUnknown(letters[2].order))
        let bus = try await site.deployment.http(.alpha).get("/api/bus").json
        #expect(bus["deadLetters"] == 0)
        for (order, _) in letters.dropLast() {
          try await queue.press("Approve", in: "tr#order-\(order.id)")
        }
        try await site.deployment.finished(letters.dropLast().map(\.order))
      }
    }

    /// The fee as it is typed, and whether the discount is on.
    private static let typed = """
      return [document.querySelector("#fee").value, document.querySelector("#discountEnabled").checked];
      """
  }
}

extension Site {
  /// Whether Alpha has no such order: the capture is applied by a retry alone.
  fileprivate func isUnknown(_ order: Order) async throws -> Bool {
    try await deployment.http(.alpha).get("/api/orders/\(order.id)").status == 404
  }
}
