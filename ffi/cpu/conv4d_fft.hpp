// The form of the 4-D convolution with less arithmetic, as conv4d.cpp calls it.
#pragma once

#include "../common/conv4d.hpp"
#include "isa.hpp"

namespace sc {

// One direction of a net. `done` says whether this form ran it: it does where it costs less, or where the context's
// flags force it, and where its memory fits.
struct Conv4dPass {
  const Conv4d& net;
  const std::vector<Conv4dLayer>& layers;
  bool add;  // to what `out` holds
  bool* done;
};

// Bits 6-7 of the context's flags.
enum Conv4dForm : int32_t { kChoose = 0, kDirect = 1, kFft = 2 };
inline Conv4dForm conv4d_form(const Base& ctx) { return static_cast<Conv4dForm>((ctx.flags >> 6) & 3); }

}  // namespace sc

SC_KERNEL(conv4d_fft, Conv4dPass)
