#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/context.hpp"

namespace crosstie::sandbox {

void Network::bind(const std::string& virtual_address, std::uint16_t loopback_port) {
  ports_[virtual_address] = loopback_port;
}

void Network::unbind(const std::string& virtual_address) { ports_.erase(virtual_address); }

std::optional<std::uint16_t> Network::port_of(const std::string& virtual_address) const {
  const auto found = ports_.find(virtual_address);
  if (found == ports_.end()) return std::nullopt;
  return found->second;
}

}  // namespace crosstie::sandbox
