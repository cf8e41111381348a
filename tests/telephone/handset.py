"""A victim's telephone that others wrote (PJSIP): it rings, plays a sound before it is answered, is answered,
says a word, presses keys and records what it hears.

handset.py PORT EARLY_WAV HELLO_WAV RECORD_WAV EARLY_MS KEYS... : it plays EARLY_WAV, which is EARLY_MS long, with
183, answers half a second after it, says HELLO_WAV, presses each of KEYS three seconds after what came before,
waits until it is hung up, and ends. It says `ready` once it can be called, and then the state of the call.
"""

import sys
import threading
import time

import pjsua2 as pj

PORT, (EARLY, HELLO, RECORD), EARLY_MS, KEYS = int(sys.argv[1]), sys.argv[2:5], int(sys.argv[5]), sys.argv[6:]

playing, answered, over = threading.Event(), threading.Event(), threading.Event()


class Call(pj.Call):
    player = recorder = None

    def onCallState(self, prm):
        state = self.getInfo().stateText
        print(state, flush=True)
        if self.getInfo().state == pj.PJSIP_INV_STATE_CONFIRMED:
            answered.set()
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            over.set()

    def onCallMediaState(self, prm):
        # What the list holds is gone with what it came from.
        info = self.getInfo()
        is_active = any(media.status == pj.PJSUA_CALL_MEDIA_ACTIVE for media in info.media)
        if not is_active or self.recorder:
            return
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(RECORD)
        self.getAudioMedia(-1).startTransmit(self.recorder)
        self.say(EARLY)
        playing.set()

    def say(self, sound):
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(sound, pj.PJMEDIA_FILE_NO_LOOP)
        self.player.startTransmit(self.getAudioMedia(-1))


class Account(pj.Account):
    call = None

    def onIncomingCall(self, prm):
        self.call = Call(self, prm.callId)
        early = pj.CallOpParam()
        early.statusCode = 183
        self.call.answer(early)


endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 1
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.medConfig.clockRate = 8000
config.medConfig.sndClockRate = 8000
config.medConfig.noVad = True
config.medConfig.ecTailLen = 0
endpoint.libInit(config)
transport = pj.TransportConfig()
transport.port, transport.boundAddress, transport.publicAddress = PORT, "127.0.0.1", "127.0.0.1"
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.libStart()
endpoint.audDevManager().setNullDev()
for codec in endpoint.codecEnum2():
    endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMU") else 0)
account_config = pj.AccountConfig()
account_config.idUri = f"sip:+16015550123@127.0.0.1:{PORT}"
account_config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
account_config.mediaConfig.transportConfig.port = PORT + 1000
account = Account()
account.create(account_config)
print("ready", flush=True)


def until(is_so, limit_s=60):
    end = time.monotonic() + limit_s
    while not is_so():
        endpoint.libHandleEvents(10)
        if time.monotonic() > end:
            sys.exit("nothing happened")


def wait(length_s):
    end = time.monotonic() + length_s
    until(lambda: time.monotonic() >= end)


until(playing.is_set)
# None of it may arrive after the answer, where it would be a word.
wait(EARLY_MS / 1000 + 0.5)
final = pj.CallOpParam()
final.statusCode = 200
account.call.answer(final)
until(answered.is_set)
# Whoever says nothing is taken for a machine.
account.call.say(HELLO)
for keys in KEYS:
    wait(3)
    if over.is_set():
        break
    account.call.dialDtmf(keys)
until(over.is_set)
account.call.recorder = account.call.player = None
account.call = None
account.shutdown()
endpoint.libDestroy()
