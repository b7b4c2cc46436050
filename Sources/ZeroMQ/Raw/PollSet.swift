import CZeroMQ

/// The array that `zmq_poll` reads and marks: the wake-up's descriptor first, then the sockets.
struct PollSet {
  private var items: [zmq_pollitem_t]

  init(waking wakeUp: Int32) {
    items = [zmq_pollitem_t(socket: nil, fd: wakeUp, events: Int16(ZMQ_POLLIN), revents: 0)]
  }

  mutating func add(_ socket: borrowing SocketHandle, reads: Bool, writes: Bool) {
    let events = (reads ? ZMQ_POLLIN : 0) | (writes ? ZMQ_POLLOUT : 0)
    items.append(
      zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(events), revents: 0))
  }

  /// Waits until something is ready, a signal comes, or the time is over; -1 is no limit.
  mutating func wait(milliseconds: Int) {
    let result = zmq_poll(&items, Int32(items.count), milliseconds)
    guard result == -1 else { return }
    for index in items.indices { items[index].revents = 0 }
    let number = zmq_errno()
    precondition(number == EINTR, "zmq_poll: \(String(cString: zmq_strerror(number)))")
  }

  var isWoken: Bool { items[0].revents != 0 }

  func isReadable(_ index: Int) -> Bool {
    Int32(items[index + 1].revents) & ZMQ_POLLIN != 0
  }

  func isWritable(_ index: Int) -> Bool {
    Int32(items[index + 1].revents) & ZMQ_POLLOUT != 0
  }
}
