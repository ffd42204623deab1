// FaultBox: a gain and a true delay that reports its latency, and every fault that a plug-in can have, on demand.
//
// One build. Copies of the bundle misbehave by the name of their file: *CrashOnLoad*, *AbortOnLoad*, *ExitOnLoad* and
// *HangOnLoad* while they are loaded, *CrashOnUnload* when they are let go after work, *AsksForLicence* opens a dialog where there
// is a screen (it waits for ever) and stays silent where there is none.
#include "DistrhoPlugin.hpp"
#include <csignal>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <limits>
#include <stdexcept>
#include <unistd.h>
#include <vector>
START_NAMESPACE_DISTRHO

enum Fault { kNone, kCrash, kAbort, kBus, kExit, kThrow, kHang, kSleep, kSlow, kNaN, kInf, kSilence, kRandom, kLeak, kSpam, kHoard, kFaults };
static const char* const kFaultNames[kFaults] = {"none", "crash", "abort", "bus", "exit", "throw", "hang", "sleep",
    "slow", "nan", "inf", "silence", "random", "leak", "spam", "hoard"};
static const uint32_t kDelayMax = 8192;
static const uint32_t kLine = kDelayMax + 1;

static void die(int number) { std::signal(number, SIG_DFL); std::raise(number); }

static bool isNamed(const char* part) {
    Dl_info info;
    return dladdr(reinterpret_cast<void*>(&isNamed), &info) && info.dli_fname && std::strstr(info.dli_fname, part);
}

__attribute__((constructor)) static void onLoad() {
    if (isNamed("CrashOnLoad")) die(SIGSEGV);
    if (isNamed("AbortOnLoad")) std::abort();
    if (isNamed("ExitOnLoad")) _exit(3);
    if (isNamed("HangOnLoad")) for (;;) pause();
}

class FaultBox : public Plugin {
    float values[5] = {0.f, 0.f, 0.f, 0.f, 0.f};  // gain, delay, fault, fault at, mute
    std::vector<float> line[2];
    uint32_t position = 0;
    uint64_t frames = 0;
    bool isUnlicensed = false, hasRun = false;

public:
    FaultBox() : Plugin(5, 0, 0) {
        clear();
        if (isNamed("AsksForLicence")) {
            if (std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY")) for (;;) pause();
            isUnlicensed = true;
        }
    }
    ~FaultBox() override { if (hasRun && isNamed("CrashOnUnload")) die(SIGSEGV); }

protected:
    const char* getLabel() const override { return DISTRHO_PLUGIN_NAME; }
    const char* getMaker() const override { return "TestLab"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('F', 'l', 't', '0' + DISTRHO_PLUGIN_NUM_INPUTS); }

    void initParameter(uint32_t index, Parameter& p) override {
        p.hints = kParameterIsAutomatable;
        switch (index) {
        case 0: p.name = "Gain"; p.symbol = "gain"; p.unit = "dB"; p.ranges = ParameterRanges(0.f, -24.f, 24.f); break;
        case 1:
            p.name = "Delay"; p.symbol = "delay"; p.unit = "samples"; p.hints |= kParameterIsInteger;
            p.ranges = ParameterRanges(0.f, 0.f, kDelayMax);
            break;
        case 2:
            p.name = "Fault"; p.symbol = "fault"; p.hints |= kParameterIsInteger;
            p.ranges = ParameterRanges(0.f, 0.f, kFaults - 1);
            p.enumValues.count = kFaults;
            p.enumValues.restrictedMode = true;
            p.enumValues.values = new ParameterEnumerationValue[kFaults];
            for (int k = 0; k < kFaults; ++k) {
                p.enumValues.values[k].value = k;
                p.enumValues.values[k].label = kFaultNames[k];
            }
            break;
        case 3: p.name = "Fault At"; p.symbol = "fault_at"; p.unit = "s"; p.ranges = ParameterRanges(0.f, 0.f, 600.f); break;
        case 4:
            p.name = "Mute"; p.symbol = "mute"; p.hints |= kParameterIsBoolean | kParameterIsInteger;
            p.ranges = ParameterRanges(0.f, 0.f, 1.f);
            break;
        }
    }
    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override {
        values[index] = value;
        if (index == 1) setLatency(uint32_t(value));
    }
    void clear() { for (auto& one : line) one.assign(kLine, 0.f); position = 0; frames = 0; }
    void activate() override { clear(); setLatency(uint32_t(values[1])); }

    void run(const float** in, float** out, uint32_t count) override {
        const bool isMute = values[4] > 0.5f || isUnlicensed;
        const float gain = isMute ? 0.f : std::pow(10.f, values[0] / 20.f);
        const uint32_t delay = uint32_t(values[1]);
        for (uint32_t k = 0; k < count; ++k) {
            for (int c = 0; c < DISTRHO_PLUGIN_NUM_INPUTS; ++c) {
                line[c][position] = in[c][k];
                out[c][k] = gain * line[c][(position + kLine - delay) % kLine];
            }
            position = (position + 1) % kLine;
        }
        frames += count;
        hasRun = true;
        if (double(frames) / getSampleRate() > values[3]) misbehave(out, count);
    }

    void misbehave(float** out, uint32_t count) {
        const size_t bytes = 64u << 20;
        static std::vector<char*> kept;
        switch (int(values[2] + 0.5f)) {
        case kCrash: die(SIGSEGV); break;
        case kAbort: std::abort();
        case kBus: die(SIGBUS); break;
        case kExit: _exit(3);
        case kThrow: throw std::runtime_error("thrown by FaultBox");
        case kHang: for (volatile int spin = 0;;) spin = spin + 1;
        case kSleep: for (;;) pause();
        case kSlow: usleep(useconds_t(2e6 * count / getSampleRate())); break;  // half real time
        case kNaN: out[0][0] = std::numeric_limits<float>::quiet_NaN(); break;
        case kInf: out[0][0] = std::numeric_limits<float>::infinity(); break;
        case kSilence: for (int c = 0; c < DISTRHO_PLUGIN_NUM_OUTPUTS; ++c) std::memset(out[c], 0, count * sizeof(float)); break;
        case kRandom: for (uint32_t k = 0; k < count; ++k) out[0][k] += 1e-3f * (float(std::rand()) / RAND_MAX - .5f); break;
        case kLeak: kept.push_back(new char[bytes]); break;  // untouched: 500 MB of it would take long on a busy machine
        case kHoard: kept.push_back(new char[bytes]); std::memset(kept.back(), 1, bytes); break;
        case kSpam: for (int k = 0; k < 100; ++k) { std::printf("FaultBox: spam %d\n", k); std::fprintf(stderr, "FaultBox: spam %d\n", k); } std::fflush(stdout); break;
        }
    }
    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(FaultBox)
};

Plugin* createPlugin() { return new FaultBox(); }
END_NAMESPACE_DISTRHO
