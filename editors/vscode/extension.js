// Starts `lockfix lsp` and leaves the rest to the client library.

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

const LANGUAGES = [
  'javascript', 'javascriptreact', 'typescript', 'typescriptreact',
  'java', 'go', 'python', 'php', 'cpp', 'c',
];

let client;

function start() {
  const settings = vscode.workspace.getConfiguration('lockfix');
  client = new LanguageClient(
    'lockfix',
    'lockfix',
    { command: settings.get('path'), args: ['lsp'] },
    {
      documentSelector: LANGUAGES.flatMap((language) => [
        { language, scheme: 'file' },
        { language, scheme: 'untitled' },
      ]),
      initializationOptions: { unsafeFixes: settings.get('unsafeFixes') },
    },
  );
  return client.start();
}

async function restart() {
  await client?.stop();
  await start();
}

function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('lockfix.restart', restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('lockfix')) {
        return restart();
      }
    }),
  );
  return start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
