// The process of Alpha: everything that it is stands in the room of the same name.

import Alpha
import Daemon

prepareProcess()
await AlphaRoom.main()
