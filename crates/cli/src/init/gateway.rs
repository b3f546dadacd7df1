//! `portcullis init gateway`: the file that protects a server that exists.

use super::{
    Folder, Plan, Unplanned,
    ask::{Answers, Question},
    config::{self, FILE, Listener, Protected},
    file::NewFile,
    issuer::{IssuerFlags, issuer},
    resource::{port, resource},
    tool::tools,
};
use std::path::PathBuf;

const UPSTREAM: Question<'_> = Question {
    flag: "--upstream",
    text: "The URL of your MCP server, where the gateway reaches it",
    remedy: "write the URL of your MCP server, such as http://127.0.0.1:8000/mcp",
    default: None,
};

/// What is protected, and how.
#[derive(clap::Args, Debug)]
pub(super) struct Gateway {
    #[command(flatten)]
    folder: Folder,
    /// The URL clients dial, as it is registered at the issuer.
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    /// Your MCP server.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    #[command(flatten)]
    issuer: IssuerFlags,
    /// What a tool needs, `list_todos=todo:read`; may be given several times. `*` stands for any characters.
    #[arg(long, value_name = "NAME=SCOPE[,SCOPE]")]
    tool: Vec<String>,
}

impl Gateway {
    /// With everything left to ask.
    pub(super) fn here(folder: Folder) -> Self {
        Self { folder, resource: None, upstream: None, issuer: IssuerFlags::default(), tool: Vec::new() }
    }

    pub(super) fn plan(self, answers: &mut Answers<'_>) -> (PathBuf, Result<Plan, Unplanned>) {
        let plan = self.protected(answers).ok_or(Unplanned::Asked).and_then(|(protected, listener)| {
            let text = config::config(&protected, listener).map_err(Unplanned::BadConfiguration)?;
            Ok(Plan { files: vec![NewFile::new(FILE, text)], next: vec!["portcullis serve".to_owned()] })
        });
        (self.folder.folder, plan)
    }

    fn protected(&self, answers: &mut Answers<'_>) -> Option<(Protected, Listener)> {
        let identifier = resource(self.resource.as_deref(), answers, |_| Ok(()));
        let listener = Listener::Loopback(identifier.as_ref().map_or(0, port));
        let upstream =
            answers.get(&UPSTREAM, self.upstream.as_deref(), |text| config::upstream(text, listener));
        let issuer = issuer(&self.issuer, false, answers);
        let tools = tools(&self.tool, answers);
        let protected =
            Protected { identifier: identifier?, upstream: upstream?, issuer: issuer?, tools: tools? };
        Some((protected, listener))
    }
}
