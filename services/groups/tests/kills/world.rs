//! The processes.

use crate::hosts::Hosts;
use crate::member::MEMBER;
use quorb_groups::object::Style;
use std::io::{BufRead, BufReader, Error, Result};
use std::process::{Child, Command, Stdio};

/// Three processes, and what it takes to start another.
pub(crate) struct World {
    style: Style,
    members: Vec<Member>,
    /// Dropped last.
    hosts: Hosts,
}

struct Member {
    child: Child,
    host: usize,
    listen: String,
    reference: String,
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    pub(crate) fn start(style: Style, hosts: Hosts) -> Result<World> {
        let mut world = World { style, members: Vec::new(), hosts };
        for host in 0..3 {
            let member = world.spawn(host)?;
            world.members.push(member);
        }
        world.members.iter_mut().try_for_each(Member::until_ready)?;
        Ok(world)
    }

    fn spawn(&self, host: usize) -> Result<Member> {
        let listen = self.hosts.broker(host)?;
        let mut command = self.hosts.command(host)?;
        command.args([MEMBER, &format!("{:?}", self.style), &listen]).args(&self.hosts.domain);
        let child = command.stdout(Stdio::piped()).spawn()?;
        Ok(Member { child, host, listen, reference: String::new() })
    }

    /// The reference as the first member gives it.
    pub(crate) fn reference(&self) -> String {
        self.members[0].reference.clone()
    }

    /// The object at each member alone.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.members.len()).map(|at| self.address(at)).collect()
    }

    /// The object at one member.
    pub(crate) fn address(&self, at: usize) -> String {
        format!("corbaloc:iiop:1.2@{}/counter", self.members[at].listen)
    }

    /// Whether members can be cut off.
    pub(crate) fn can_cut(&self) -> bool {
        self.hosts.can_cut()
    }

    /// Cuts a member off, or connects it again.
    pub(crate) fn set_connected(&self, at: usize, connected: bool) -> Result<()> {
        self.hosts.set_connected(self.members[at].host, connected)
    }

    /// What an update and a query end in that are called on a member's own host.
    pub(crate) fn ask(&self, at: usize) -> Result<String> {
        self.hosts.run(self.members[at].host, &[crate::ASK, &self.address(at)])
    }

    /// Stops or continues a member, as the signals of that name do.
    pub(crate) fn signal(&self, at: usize, signal: &str) -> Result<()> {
        let process = self.members[at].child.id().to_string();
        let status = Command::new("kill").args([&format!("-{signal}"), &process]).status()?;
        if status.success() { Ok(()) } else { Err(Error::other(format!("no signal {signal}"))) }
    }

    /// kill -9. Gives the host that has nobody now.
    pub(crate) fn kill(&mut self, at: usize) -> Result<usize> {
        let mut victim = self.members.remove(at);
        victim.child.kill()?;
        victim.child.wait()?;
        Ok(victim.host)
    }

    /// Starts another one, and waits until it has the state.
    pub(crate) fn replace(&mut self, host: usize) -> Result<()> {
        let mut member = self.spawn(host)?;
        member.until_ready()?;
        self.members.push(member);
        Ok(())
    }
}

impl Member {
    fn until_ready(&mut self) -> Result<()> {
        let output = self.child.stdout.take().ok_or_else(|| Error::other("no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let reference = line.trim_end().strip_prefix("ready ");
        self.reference = reference.ok_or_else(|| Error::other("a member did not become ready"))?.to_owned();
        Ok(())
    }
}
