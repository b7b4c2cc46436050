import Glibc

/// The descriptors for which a poller waits: that of its wake-up, then one of each socket.
///
/// libzmq makes a socket's descriptor readable when something has happened, and once: what, is asked of
/// the socket, which a poller therefore asks after each use too. `zmq_poll` asks every socket twice at
/// each call, with two system calls each.
struct PollSet {
  private var items: [pollfd]

  init(waking wakeUp: Int32) {
    items = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
  }

  mutating func add(_ descriptor: Int32) {
    items.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
  }

  /// Waits until something has happened, a signal comes, or the time is over; -1 is no limit.
  mutating func wait(milliseconds: Int32) {
    guard poll(&items, nfds_t(items.count), milliseconds) == -1 else { return }
    precondition(errno == EINTR, "poll: \(String(cString: strerror(errno)))")
    for index in items.indices { items[index].revents = 0 }
  }

  /// Whether something has happened to a socket, in the order in which they were added.
  func hasNews(_ index: Int) -> Bool { items[index + 1].revents != 0 }
}
