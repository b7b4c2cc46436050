// The process of Beta: everything that it is stands in the room of the same name.

import Beta
import Daemon

prepareProcess()
await BetaRoom.main()
