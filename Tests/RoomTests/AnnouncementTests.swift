import Alpha
import Beta
import Charlie
import Daemon
import Overlord
import RoomTesting
import Testing

/// What the pages announce to a screen reader.
@Suite(.timeLimit(.minutes(1))) struct AnnouncementTests {
  @Test(arguments: [AlphaRoom.self, BetaRoom.self, CharlieRoom.self] as [any Room.Type])
  func `a pane of Overlord's first page leaves its news to that page, its health does not`(
    room: any Room.Type
  ) throws {
    let service = try ServiceHarness(room)
    #expect(service.get("/pane").text.contains("data-quiet=\"true\""))
    for path in ["/", "/pane/health"] {
      #expect(!service.get(path).text.contains("data-quiet"), "\(path)")
    }
  }

  @Test func `Overlord's first page announces itself`() throws {
    #expect(!(try ServiceHarness(OverlordRoom.self).get("/").text.contains("data-quiet")))
  }

  @Test func `a price that is refused is read with its field, and not said beside it`() throws {
    let browser = try BetaBrowser()
    let cart = try browser.openCart()
    let said = "id=\"said\" for=\"product price\">The price cannot be read"
    let quote = browser.quote(cart)
    #expect(browser.get("\(cart)?product=lamp&price=ten&quoteId=\(quote)").text.contains(said))
    let refused = browser.order(cart, price: "ten")
    #expect(refused.code == 422 && refused.text.contains("id=\"price-error\""))
    #expect(!refused.text.contains(said))
  }
}
