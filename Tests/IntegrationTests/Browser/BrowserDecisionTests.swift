import Testing

extension Stories {
  /// Alpha's queue, as the people who decide use it.
  @Suite(
    "Browser: decisions", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingSite)
  struct BrowserDecisions {
    @Test
    func
      `a rejection needs a reason, which is refused at its field and then shown to the customer`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let beta = try await browser.tab(at: site.address(.beta))
        let cart = try await site.openForm(in: beta)
        try await beta.fill("#product", with: "Garden chair")
        try await beta.fill("#price", with: "40")
        try await beta.press("Order")
        try await beta.wait("the steps", until: "document.querySelector('ol.steps li')")
        let order = try await site.order(of: cart, price: 4000)
        try await beta.mark()

        let alpha = try await browser.tab(at: site.address(.alpha))
        let (row, field) = ("tr#order-\(order.id)", "#reason-\(order.id)")
        try await alpha.click("\(row) summary")
        // The browser itself refuses an empty reason, but not a blank one.
        #expect(try await alpha.run("return document.querySelector('\(field)').required") == true)
        try await alpha.fill(field, with: "  ")
        try await alpha.press("Reject", in: "\(row) details form")
        try await alpha.shows("empty", in: "#error-\(order.id)")
        #expect(try await alpha.run(Tab.focused)[0].text == "reason-\(order.id)")
        let refused = try await alpha.run(
          "const field = document.querySelector('\(field)'); return [field.value, field.ariaInvalid]"
        )
        #expect(refused == ["  ", "true"], "what was typed is kept")
        #expect(try await site.deployment.alphaOrder(order)["state"] == "captured")

        try await alpha.fill(field, with: "Out of stock until Friday")
        try await alpha.press("Reject", in: "\(row) details form")
        try await alpha.shows("Rejected: “Garden chair” for 65.00 USD.", in: "#done")
        try await alpha.wait("no row", until: "!document.querySelector('\(row)')")
        try await beta.shows("Out of stock until Friday", in: "#why")
        try await beta.wait("the form again", until: "document.querySelector('#product')")
        try await beta.isMarked()
        try await site.deployment.finished(order)
        #expect(try await site.deployment.alphaOrder(order)["outcome"] == "rejected")
      }
    }

    @Test
    func `several orders are selected and approved at once, and a line confirms it`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let orders = try await site.waitingOrders("Lamp", "Rug", "Mug")
        let alpha = try await browser.tab(at: site.address(.alpha))
        try await alpha.mark()
        for order in orders.dropLast() { try await alpha.check(Self.box(of: order), as: true) }
        try await alpha.press("Approve selected", in: "#batch")
        try await alpha.shows("Approved: 2 orders, 70.00 USD in all.", in: "#done")
        for order in orders.dropLast() {
          try await alpha.wait(
            "no row of \(order.id)", until: "!document.querySelector('tr#order-\(order.id)')")
        }
        try await site.deployment.finished(Array(orders.dropLast()))
        #expect(
          try await alpha.run(
            "return document.querySelector(arguments[0]).checked",
            JSON(stringLiteral: Self.box(of: orders[2]))) == false)
        try await alpha.isMarked()
        try await browser.expectNoErrors()

        // A rejection of none is refused, and its reason is kept.
        try await alpha.fill("#reason", with: "Sold out")
        try await alpha.press("Reject selected", in: "#batch")
        try await alpha.shows("No order is selected.", in: "#batch-error")
        #expect(
          try await alpha.run("return document.querySelector('#reason').value") == "Sold out")
        try await alpha.check(Self.box(of: orders[2]), as: true)
        try await alpha.press("Reject selected", in: "#batch")
        try await alpha.shows("Rejected: “Mug”", in: "#done")
        try await site.deployment.finished(orders[2])
        #expect(try await site.deployment.alphaOrder(orders[2])["reason"] == "Sold out")
      }
    }

    @Test
    func `the queue is decided by the keyboard alone, and the focus outlives a row`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let orders = try await site.waitingOrders("First", "Second", "Third", "Fourth")
        let alpha = try await browser.tab(at: site.address(.alpha))
        try await alpha.shows("Fourth", in: "#queue")
        // A number key selects a row and has its box in the focus; from there Tab comes to its actions,
        // and to those of every other row, past the bar of the batch.
        let (box, key) = (Self.box(of: orders[0]), try await alpha.key(of: orders[0]))
        try await alpha.press(keys: key)
        #expect(try await alpha.run("return document.activeElement.matches('\(box)')") == true)
        #expect(try await alpha.run("return document.activeElement.checked") == true)
        try await alpha.tab(to: "tr#order-\(orders[3].id) summary", within: 20)
        try await alpha.press(keys: key)
        #expect(try await alpha.run("return document.activeElement.checked") == false)
        try await alpha.tab(to: "tr#order-\(orders[0].id) .decide button", within: 4)
        try await alpha.press(keys: Key.enter)
        try await alpha.shows("Approved: “First”", in: "#done")

        // The next has its key now. Its reason opens, is typed and is sent by keys.
        try await alpha.press(keys: try await alpha.key(of: orders[1]))
        try await alpha.tab(to: "tr#order-\(orders[1].id) summary", within: 5)
        try await alpha.press(keys: Key.enter, Key.tab)
        try await alpha.press(keys: "Out of 12 and a")
        let field = "reason-\(orders[1].id)"
        #expect(
          try await alpha.run(Tab.focused)
            == JSON(list: [
              JSON(stringLiteral: field), "Out of 12 and a", 15, 15,
            ]), "a field has its keys")

        // A row that leaves takes no focus of another one.
        try await site.deployment.approve(orders[2])
        try await alpha.wait(
          "no row", until: "!document.querySelector('tr#order-\(orders[2].id)')")
        #expect(try await alpha.run(Tab.focused)[0].text == field)
        try await alpha.press(keys: Key.enter)
        try await alpha.shows("Rejected: “Second”", in: "#done")

        // The keys of the batch: the reason, and the approval.
        try await alpha.run("document.activeElement.blur()")
        try await alpha.press(keys: "r")
        #expect(try await alpha.run(Tab.focused)[0].text == "reason")
        try await alpha.run("document.activeElement.blur()")
        try await alpha.press(keys: try await alpha.key(of: orders[3]), "a")
        try await alpha.shows("Approved: “Fourth”", in: "#done")
        try await site.deployment.finished(orders)
        #expect(try await site.deployment.alphaOrder(orders[1])["reason"] == "Out of 12 and a")
        try await browser.expectNoErrors()
      }
    }

    @Test
    func `what one tab does is on the other, whichever reads the stream, also once it is closed`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let orders = try await site.waitingOrders("First", "Second", "Third")
        let first = try await browser.tab(at: site.address(.alpha))
        let second = try await browser.tab(at: site.address(.alpha))
        for tab in [first, second] {
          try await tab.shows("Third", in: "#queue")
          try await tab.mark()
        }
        for (acting, other, order) in [(first, second, orders[0]), (second, first, orders[1])] {
          try await acting.press("Approve", in: "tr#order-\(order.id)")
          for tab in [other, acting] {
            try await tab.wait(
              "the decided order", until: "document.querySelector('tr#decided-\(order.id)')")
            #expect(
              try await tab.run("return !document.querySelector('tr#order-\(order.id)')") == true)
          }
        }
        try await first.close()
        try await site.deployment.approve(orders[2])
        try await second.wait(
          "the decided order", until: "document.querySelector('tr#decided-\(orders[2].id)')")
        try await second.isMarked()
        try await site.deployment.finished(orders)
        try await browser.expectNoErrors()
      }
    }

    private static func box(of order: Order) -> String { "tr#order-\(order.id) .pick input" }
  }
}

extension Tab {
  /// The key that selects an order of Alpha's queue.
  fileprivate func key(of order: Order) async throws -> String {
    try await wait(
      "a key for \(order.id)",
      until: "document.querySelector('tr#order-\(order.id) .pick input')?.dataset.key"
    ).text
  }
}

extension Site {
  /// Orders that wait for a decision, for 10.00 each and a fee of 25.00.
  func waitingOrders(_ products: String...) async throws -> [Order] {
    try await quote(fee: 2500)
    var orders: [Order] = []
    for product in products { orders.append(try await deployment.order(product)) }
    for order in orders { try await deployment.heard(.alpha, "order.captured applied", order) }
    return orders
  }
}
