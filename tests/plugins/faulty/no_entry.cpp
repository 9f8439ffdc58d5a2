// SPDX-License-Identifier: MIT
// A library without the entry symbol.
extern "C" {
extern __attribute__((visibility("default"))) const int quarry_plugin_entry_v0;
const int quarry_plugin_entry_v0 = 1;
}
