//! To which servers a webhook may lead.
//!
//! A tenant writes the URL, and the request leaves from the operator's host: its loopback interface, its network link and a
//! cloud's metadata service answer to whoever is there. What counts is the address that is connected to, so that a name which
//! has another one at the second look-up leads nowhere else.
//!
//! Must never: judge a name, or let an address through because of how it is written.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::generator::WebhookError;

/// Metadata services that have no address of the link: of AWS and of Google Cloud over IPv6.
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];
/// Likewise of Alibaba Cloud, Azure and Oracle Cloud.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];

/// Where a request may go, and whether one was to go elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    may_be_loopback: bool,
    has_refused: Arc<AtomicBool>,
}

/// An address that is refused.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address where no webhook may go")
    }
}

impl std::error::Error for Refused {}

impl Reach {
    pub(super) fn new(may_be_loopback: bool) -> Self {
        Self { may_be_loopback, has_refused: Arc::default() }
    }

    /// Refuses a URL that names an address: no name is looked up for it.
    pub(super) fn ensure_address(&self, url: &Url) -> Result<(), WebhookError> {
        // In the notation of a URL an address of the sixth version stands in brackets.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse() {
            Ok(address) if !self.allows(address) => Err(WebhookError::AddressRefused),
            _ => Ok(()),
        }
    }

    /// Whether a name led to a refused address.
    pub(super) fn has_refused(&self) -> bool {
        self.has_refused.load(Ordering::Relaxed)
    }

    fn allows(&self, address: IpAddr) -> bool {
        match meant(address) {
            loopback if loopback.is_loopback() => self.may_be_loopback,
            IpAddr::V4(address) => !is_local_v4(address),
            IpAddr::V6(address) => !is_local_v6(address),
        }
    }
}

impl Resolve for Reach {
    /// One refused address among several is enough: nobody who means well publishes such.
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !reach.allows(address.ip())) {
                reach.has_refused.store(true, Ordering::Relaxed);
                return Err(Refused.into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// The address of the fourth version that one of the sixth stands for: mapped, compatible, behind the well-known NAT64 and
/// 6to4 prefixes.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let bits = v6.to_bits();
    let low = |bits: u128| u32::try_from(bits & u128::from(u32::MAX));
    let of = |bits: u128| low(bits).map_or(address, |bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => of(bits),
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => of(bits),
        [0x2002, ..] => of(bits >> 80),
        _ => address,
    }
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    // 0.0.0.0/8 is this host, 240.0.0.0/4 nobody; the last of it is everybody.
    first == 0 || first >= 240 || address.is_link_local() || address.is_multicast() || METADATA_V4.contains(&address)
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    address.is_unspecified() || address.is_unicast_link_local() || address.is_multicast() || METADATA_V6.contains(&address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn allows(address: &str, may_be_loopback: bool) -> bool {
        Reach::new(may_be_loopback).allows(address.parse().unwrap())
    }

    #[rstest]
    #[case::loopback("127.0.0.1")]
    #[case::all_of_it("127.255.0.3")]
    #[case::loopback_v6("::1")]
    #[case::mapped_loopback("::ffff:127.0.0.1")]
    #[case::compatible_loopback("::127.0.0.1")]
    #[case::loopback_behind_nat64("64:ff9b::7f00:1")]
    #[case::loopback_behind_6to4("2002:7f00:1::1")]
    fn loopback_needs_leave(#[case] address: &str) {
        assert!(!allows(address, false) && allows(address, true));
    }

    #[rstest]
    #[case::metadata("169.254.169.254")]
    #[case::mapped_metadata("::ffff:169.254.169.254")]
    #[case::metadata_behind_nat64("64:ff9b::a9fe:a9fe")]
    #[case::of_aws("fd00:ec2::254")]
    #[case::of_google("fd20:ce::254")]
    #[case::of_alibaba("100.100.100.200")]
    #[case::of_azure("168.63.129.16")]
    #[case::of_oracle("192.0.0.192")]
    #[case::link("169.254.0.1")]
    #[case::link_v6("fe80::1")]
    #[case::link_v6_end("febf::1")]
    #[case::unspecified("0.0.0.0")]
    #[case::this_network("0.1.2.3")]
    #[case::unspecified_v6("::")]
    #[case::mapped_unspecified("::ffff:0.0.0.0")]
    #[case::multicast("224.0.0.251")]
    #[case::multicast_v6("ff02::1")]
    #[case::broadcast("255.255.255.255")]
    #[case::reserved("240.0.0.1")]
    fn no_leave_is_for_these(#[case] address: &str) {
        assert!(!allows(address, false) && !allows(address, true));
    }

    #[rstest]
    #[case("10.96.0.1")]
    #[case("192.168.1.1")]
    #[case("8.8.8.8")]
    #[case("2001:db8::1")]
    #[case("fd00::1")]
    #[case("::ffff:10.0.0.1")]
    #[case("2002:a00:1::1")]
    fn servers_of_a_cluster_and_of_the_world(#[case] address: &str) {
        assert!(allows(address, false));
    }

    #[rstest]
    #[case("http://127.0.0.1/")]
    #[case("http://127.1/")]
    #[case("http://2130706433/")]
    #[case("http://0x7f.0.0.1/")]
    #[case("http://0177.0.0.1/")]
    #[case("http://127.0.0.1./")]
    #[case("http://[::1]/")]
    #[case("http://[::ffff:7f00:1]/")]
    #[case("http://user:canary@169.254.169.254/")]
    fn an_address_is_refused_however_it_is_written(#[case] url: &str) {
        let refused = Reach::new(false).ensure_address(&Url::parse(url).unwrap());
        assert_eq!(refused, Err(WebhookError::AddressRefused));
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_leads_to() {
        let reach = Reach::new(false);
        assert!(reach.resolve("localhost".parse().unwrap()).await.is_err() && reach.has_refused());
        let reach = Reach::new(true);
        assert!(reach.resolve("localhost".parse().unwrap()).await.is_ok() && !reach.has_refused());
    }

    proptest! {
        #[test]
        fn what_is_refused_is_refused_mapped_too(bits in any::<u32>(), may_be_loopback in any::<bool>()) {
            let (reach, address) = (Reach::new(may_be_loopback), Ipv4Addr::from(bits));
            prop_assert_eq!(reach.allows(IpAddr::V4(address)), reach.allows(IpAddr::V6(address.to_ipv6_mapped())));
        }
    }
}
