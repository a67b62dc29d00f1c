-- lockfix in Neovim.
local filetypes = {
  'javascript', 'javascriptreact', 'typescript', 'typescriptreact',
  'java', 'go', 'python', 'php', 'cpp', 'c',
}
local cmd = { 'lockfix', 'lsp' }

if vim.lsp.config then
  -- 0.11 and later
  vim.lsp.config('lockfix', {
    cmd = cmd,
    filetypes = filetypes,
    root_markers = { 'lockfix.toml', '.lockfix.toml', 'pyproject.toml', '.git' },
  })
  vim.lsp.enable('lockfix')
else
  local client
  vim.api.nvim_create_autocmd('FileType', {
    pattern = filetypes,
    callback = function(event)
      client = client or vim.lsp.start_client({ name = 'lockfix', cmd = cmd })
      vim.lsp.buf_attach_client(event.buf, client)
    end,
  })
end
